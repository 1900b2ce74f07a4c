"""`nmt align-eval`: alignment error rate of a file of links."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from nmt.alignment.aer import AlignmentScores, LinkCounts

EPILOG = """\b
Examples:
  nmt align-eval links.pharaoh --gold test.align
  nmt align-eval links.pharaoh --gold test.align --per-sentence > scores.tsv
"""

Base = Annotated[int | None, typer.Option(min=0, max=1, help="The number of the first word there. Default: 0.")]


def align_eval(
    hyp: Annotated[Path, typer.Argument(help="Links in the Pharaoh format, with or without scores.", metavar="LINKS")],
    gold: Annotated[
        Path, typer.Option(help="Gold links: a line a sentence (`i-j` sure, `i?j` or `ipj` possible), or NAACL.")
    ],
    hyp_base: Base = None,
    gold_base: Annotated[
        int | None, typer.Option(min=0, max=1, help="The number of the first word there. Default: 0, for NAACL 1.")
    ] = None,
    per_sentence: Annotated[
        bool, typer.Option("--per-sentence", help="Print a table, a row a sentence (TSV).")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print all scores as JSON, with all digits.")] = False,
) -> None:
    """Alignment error rate (AER), precision, recall and F1 of links against gold links (Och and Ney 2003)."""
    from nmt.alignment.aer import LinkCounts, count_files, scores_of
    from nmt.commands.output import say, write_line, write_report
    from nmt.errors import DataError, UserError

    if per_sentence and as_json:
        raise UserError("--per-sentence: a table is no JSON; leave --json out")
    counts = count_files(hyp, gold, hyp_base=hyp_base, gold_base=gold_base)
    if not counts:
        raise DataError(f"{hyp}: file is empty")
    scores = scores_of(sum(counts, LinkCounts()))
    if per_sentence:
        for line in _table(counts):
            write_line(line)
        sys.stdout.flush()
        say(_summary(hyp.name, scores))
    else:
        write_report(
            json.dumps({hyp.name: asdict(scores)}, ensure_ascii=False) if as_json else _summary(hyp.name, scores)
        )


def _summary(name: str, scores: AlignmentScores) -> str:

    rates = {"precision": scores.precision, "recall": scores.recall, "F1": scores.f1}
    shown = "  ".join(f"{title} {100 * rate:.2f}" for title, rate in rates.items())
    counted = f"{scores.sentences} sentences, {scores.links} links, {scores.sure} sure, {scores.possible} possible"
    return f"{name}  AER {100 * scores.aer:.2f} %  {shown}  ({counted})"


def _table(counts: list[LinkCounts]) -> list[str]:
    """A header and a row a sentence, numbered from 1 as the lines of the file."""
    from nmt.alignment.aer import scores_of

    numbers = ("links", "sure", "possible", "sure_hits", "possible_hits")
    rates = ("aer", "precision", "recall", "f1")
    lines = ["\t".join(("line", *numbers, *rates))]
    for number, one in enumerate(counts, start=1):
        scores = scores_of(one)
        values = [*(getattr(one, name) for name in numbers), *(f"{getattr(scores, name):.6f}" for name in rates)]
        lines.append("\t".join(map(str, (number, *values))))
    return lines
