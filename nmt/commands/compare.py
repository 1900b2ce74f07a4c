"""`nmt compare`: several runs beside each other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from nmt.pipeline.comparison import ComparedSet

EPILOG = """\b
Examples:
  nmt compare runs/demo runs/luong
  nmt compare runs/demo runs/luong --set-name test -o compare.html -o curve.svg
"""


def compare(
    runs: Annotated[
        list[Path], typer.Argument(help="Finished runs, or folders of runs with different seeds.", metavar="RUN")
    ],
    set_name: Annotated[str | None, typer.Option(help="Test set. Default: all that the runs share.")] = None,
    output: Annotated[
        list[Path] | None,
        typer.Option("--output", "-o", metavar="FILE", help="A page (.html) or the curve (.svg); repeatable."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """One table of size, time, perplexity, BLEU, AER and significance, and the curve of BLEU over source length."""
    from dataclasses import asdict

    from nmt.commands.output import say, write_report
    from nmt.errors import UserError
    from nmt.pipeline.comparison import compare_runs

    files = output or []
    for file in files:
        if file.suffix not in (".html", ".svg"):
            raise UserError(f"--output {file}: must end in .html or .svg")
    sets = compare_runs(runs, set_name, say)
    if len(sets) > 1 and any(file.suffix == ".svg" for file in files):
        names = ", ".join(compared.name for compared in sets)
        raise UserError(f"a curve is of one test set; choose it with --set-name: {names}")
    for file in files:
        _write(file, sets)
    text = json.dumps([asdict(one) for one in sets], ensure_ascii=False) if as_json else _text(sets)
    write_report(*text.split("\n"))


def _write(file: Path, sets: Sequence[ComparedSet]) -> None:
    from nmt.commands.output import say
    from nmt.report.comparison_page import comparison_page, length_chart
    from nmt.text.output import open_output

    text = comparison_page(sets) if file.suffix == ".html" else length_chart(sets[0]) + "\n"
    with open_output(file) as stream:
        stream.write(text.encode("utf-8", "replace"))
    say(f"wrote {file}")


def _text(sets: Sequence[ComparedSet]) -> str:
    """For each set a heading, a Markdown table, and what one should know about it."""
    from nmt.report.comparison_table import markdown, table_cells
    from nmt.report.escape import visible

    parts = []
    for compared in sets:
        parts.append(f"{visible(compared.name)}: {compared.sentences} sentences, BLEU|{compared.signature}")
        parts.append(markdown(*table_cells(compared.rows)))
        parts += compared.notes
    return "\n\n".join(parts)
