"""The table of `nmt compare` as cells of text, and as Markdown that reads well on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from nmt.report.escape import text_columns, visible

if TYPE_CHECKING:
    from nmt.pipeline.comparison import Compared

Column = tuple[str, Callable[["Compared"], float | None], str, float]
"""Title, value, format, and what the value is multiplied by."""

COLUMNS: list[Column] = [
    ("seeds", lambda row: len(row.runs) if len(row.runs) > 1 else None, "d", 1),
    ("parameters", lambda row: row.parameters, ",d", 1),
    ("minutes", lambda row: row.minutes, ",.1f", 1),
    ("tokens/s", lambda row: row.tokens_per_s, ",.0f", 1),
    ("valid ppl", lambda row: row.perplexity, ",.2f", 1),
    ("test ppl", lambda row: row.test_perplexity, ",.2f", 1),
    ("BLEU", lambda row: row.bleu, ".2f", 1),
    ("± 95 %", lambda row: row.bleu_half_width, ".2f", 1),
    ("± seeds", lambda row: row.bleu_deviation, ".2f", 1),
    ("AER %", lambda row: row.aer, ".2f", 100),
    ("difference", lambda row: row.difference, "+.2f", 1),
    ("p", lambda row: row.p_value, ".4f", 1),
]
MISSING = "–"


def table_cells(rows: Sequence[Compared]) -> tuple[list[str], list[list[str]]]:
    """Titles and rows of cells, the run's name first; a column that no row fills is left out."""
    shown = [column for column in COLUMNS if any(column[1](row) is not None for row in rows)]
    cells = [[row.name, *(_written(column, row) for column in shown)] for row in rows]
    return ["run", *(title for title, *_ in shown)], cells


def markdown(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns are aligned: the first to the left, the others to the right."""
    lines = [[_cell(text) for text in row] for row in (titles, *rows)]
    widths = [max(3, *(text_columns(line[i]) for line in lines)) for i in range(len(titles))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    padded = [
        [_padded(text, width, i > 0) for i, (text, width) in enumerate(zip(line, widths, strict=True))]
        for line in lines
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in (padded[0], rule, *padded[1:]))


def _written(column: Column, row: Compared) -> str:
    _, value, form, factor = column
    found = value(row)
    return MISSING if found is None else format(found * factor, form)


def _cell(text: str) -> str:
    return visible(text).replace("\\", "\\\\").replace("|", "\\|")


def _padded(text: str, width: int, right: bool) -> str:
    space = " " * (width - text_columns(text))
    return space + text if right else text + space
