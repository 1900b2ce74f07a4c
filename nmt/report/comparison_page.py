"""The page of `nmt compare`: for each test set a table, the curve of BLEU over source length, and its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nmt.report.chart import Series, line_chart
from nmt.report.comparison_table import MISSING, table_cells
from nmt.report.escape import escape_text
from nmt.report.page import PAGE_END, page_start, section

if TYPE_CHECKING:
    from nmt.pipeline.comparison import Compared, ComparedSet

READING = (
    "BLEU ± 95 %: half of the interval that holds the scores of 95 % of test sets drawn from its sentences. "
    "Difference and p: against the first row, by paired bootstrap resampling with 1,000 draws (Koehn 2004). "
    "ppl: perplexity of a target piece, EOS counted; it compares under one vocabulary alone. "
    "Tokens/s: target tokens in training, the median."
)


def comparison_page(sets: Sequence[ComparedSet]) -> str:
    """The whole page; the same comparison gives the same text."""
    parts = [page_start("Comparison of runs", READING)]
    for number, compared in enumerate(sets, start=1):
        titles, rows = table_cells(compared.rows)
        parts += [
            section(f"set-{number}", f"{compared.name}: {compared.sentences} sentences"),
            _table(titles, rows),
            f'<p class="below signature">BLEU|{escape_text(compared.signature)}</p>\n',
            *(f'<p class="below note">{escape_text(note)}</p>\n' for note in compared.notes),
            f'<figure class="card curve">{length_chart(compared)}</figure>\n',
            _table(*_length_cells(compared.rows)),
        ]
    return "".join([*parts, PAGE_END])


def length_chart(compared: ComparedSet) -> str:
    """One `<svg>`: BLEU of each run over source length, as in Bahdanau et al. 2014, figure 2, and Luong et al. 2015,
    figure 6; each point in the middle of its range of five lengths."""
    series = [
        Series(row.name, [((part["from"] + part["to"]) / 2, part["bleu"]) for part in row.bleu_by_length])
        for row in compared.rows
    ]
    return line_chart(series, f"BLEU by source length, {compared.name}", "words of the source sentence", "BLEU")


def _length_cells(rows: Sequence[Compared]) -> tuple[list[str], list[list[str]]]:
    """Ranges of source lengths, their sentences in the first run, and BLEU of every run there."""
    ranges = {(part["from"], part["to"]): part["sentences"] for row in reversed(rows) for part in row.bleu_by_length}
    found = [{(part["from"], part["to"]): part["bleu"] for part in row.bleu_by_length} for row in rows]
    lines = [
        [f"{low}–{high}", str(ranges[low, high]), *(_bleu(of_run.get((low, high))) for of_run in found)]
        for low, high in sorted(ranges)
    ]
    return ["words", "sentences", *(row.name for row in rows)], lines


def _bleu(value: float | None) -> str:
    return MISSING if value is None else f"{value:.2f}"


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The first column names the rows, the others are numbers."""
    names = [f'<th scope="col" class="score" dir="auto">{escape_text(title)}</th>' for title in titles[1:]]
    head = f'<thead><tr><th scope="col">{escape_text(titles[0])}</th>{"".join(names)}</tr></thead>'
    lines = [
        f'<tr><th scope="row" dir="auto">{escape_text(first)}</th>'
        + "".join(f'<td class="score">{escape_text(cell)}</td>' for cell in cells)
        + "</tr>\n"
        for first, *cells in rows
    ]
    return f'<div class="card scroll"><table>{head}\n<tbody>\n{"".join(lines)}</tbody></table></div>\n'
