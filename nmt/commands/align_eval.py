"""`nmt align-eval`: alignment error rate of a file of links."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nmt.commands.options import GoldBase

if TYPE_CHECKING:
    from nmt.alignment.aer import AlignmentScores, LinkCounts
    from nmt.alignment.links import Links, WordCounts

    Found = tuple[list[Links], list[WordCounts] | None]
    """The links of each sentence, and how many source and target words it has, where the file says so."""

EPILOG = """\b
Examples:
  nmt align-eval links.pharaoh --gold test.align
  nmt align-eval links.pharaoh --gold test.align --per-sentence > scores.tsv
"""

Base = Annotated[int | None, typer.Option(min=0, max=1, help="The number of the first word there. Default: 0.")]


def align_eval(
    hyp: Annotated[
        Path,
        typer.Argument(
            help="Links in the Pharaoh format, with or without scores; or an export with matrices (.jsonl, .npz, ...).",
            metavar="LINKS",
        ),
    ],
    gold: Annotated[
        Path, typer.Option(help="Gold links: a line a sentence (`i-j` sure, `i?j` or `ipj` possible), or NAACL.")
    ],
    hyp_base: Base = None,
    gold_base: GoldBase = None,
    method: Annotated[
        str | None,
        typer.Option(
            help="Takes the links from the matrices by each of these, to choose one: argmax,argmax=0.3,threshold=0.3."
        ),
    ] = None,
    reverse: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With --method: an export of the other direction.")
    ] = None,
    symmetrize: Annotated[
        str | None, typer.Option(help="With --reverse: how, one or several, as of align-export. Default: grow-diag.")
    ] = None,
    per_sentence: Annotated[
        bool, typer.Option("--per-sentence", help="Print a table, a row a sentence (TSV).")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print all scores as JSON, with all digits.")] = False,
) -> None:
    """Alignment error rate (AER), precision, recall and F1 of links against gold links (Och and Ney 2003)."""
    from nmt.alignment.aer import LinkCounts, count_sentences, scores_of
    from nmt.commands.output import say, write_line, write_report
    from nmt.errors import DataError, UserError

    if per_sentence and as_json:
        raise UserError("--per-sentence: a table is no JSON; leave --json out")
    if method:
        found = _by_method(hyp, method, reverse, symmetrize)
    elif reverse or symmetrize:
        raise UserError(f"{'--reverse' if reverse else '--symmetrize'}: only with --method")
    else:
        found = {hyp.name: _read(hyp, hyp_base)}
    if per_sentence and len(found) > 1:
        raise UserError("--per-sentence: a table is of one --method")
    counts = {name: count_sentences(links, hyp, gold, gold_base, words) for name, (links, words) in found.items()}
    if not all(counts.values()):
        raise DataError(f"{hyp}: file is empty")
    scores = {name: scores_of(sum(each, LinkCounts())) for name, each in counts.items()}
    lines = [_summary(name, each) for name, each in scores.items()]
    if as_json:
        write_report(json.dumps({name: asdict(each) for name, each in scores.items()}, ensure_ascii=False))
    elif per_sentence:
        for line in _table(*counts.values()):
            write_line(line)
        sys.stdout.flush()
        say(lines[0])
    else:
        write_report(*lines)
    if len(scores) > 1:
        say(f"lowest AER: {min(scores, key=lambda name: scores[name].aer)}")


def _read(path: Path, base: int | None) -> Found:
    """The links that a file holds."""
    from nmt.alignment.aer import read_hyp
    from nmt.alignment.choices import stored_links
    from nmt.alignment.formats.reading import READERS
    from nmt.errors import UserError

    if path.suffix not in READERS:
        return read_hyp(path, base), None
    if base is not None:
        raise UserError(f"--hyp-base: {path} counts from 0; leave it out")
    _, links, words = stored_links(path)
    return links, words


def _by_method(path: Path, methods: str, reverse: Path | None, symmetrize: str | None) -> dict[str, Found]:
    """The links by each method, by a name for each."""
    from nmt.alignment.choices import each_choice
    from nmt.errors import UserError

    if symmetrize and reverse is None:
        raise UserError(f"--symmetrize {symmetrize}: only with --reverse FILE")
    names = [[name.strip() for name in given.split(",")] for given in (methods, symmetrize or "grow-diag")]
    choices = each_choice(path, names[0], reverse, names[1])
    return {f"{path.name} {name}": (links, words) for name, links, words in choices}


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
