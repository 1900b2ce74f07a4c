"""`nmt align-text`: word alignments of two texts by statistics, without a trained model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from nmt.commands.options import Threads

if TYPE_CHECKING:
    from nmt.alignment.links import Links

Method = Literal["hmm", "ibm1", "eflomal"]
Chosen = Literal[
    "agreement", "forward", "reverse", "intersection", "union", "grow-diag", "grow-diag-final", "grow-diag-final-and"
]
EPILOG = """\b
Examples:
  nmt align-text --source train.en --target train.de -o train.pharaoh
  nmt align-text --source test.en --target test.de --with train.en train.de -o test.pharaoh
"""


def align_text(
    source: Annotated[Path, typer.Option(help="Source text, words between spaces.")],
    target: Annotated[Path, typer.Option(help="Its translation, line by line.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Links of each line, as 0-0 1-2.")],
    more: Annotated[
        tuple[Path, Path] | None, typer.Option("--with", metavar="SRC TGT", help="More text to learn from.")
    ] = None,
    method: Annotated[
        Method, typer.Option(help="HMM after IBM model 1, model 1 alone, or eflomal where it is installed.")
    ] = "hmm",
    links: Annotated[
        Chosen | None,
        typer.Option(help="Which links of the two directions. Default: agreement; of eflomal intersection."),
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(min=0.01, max=1.0, help="Least posterior for --links agreement. Default: 0.4.")
    ] = None,
    agree: Annotated[bool | None, typer.Option(help="Train the directions to agree (the default).")] = None,
    alpha: Annotated[
        float | None, typer.Option(min=0.0, help="Dirichlet prior of the translation tables. Default: none.")
    ] = None,
    punctuation_apart: Annotated[
        bool | None, typer.Option(help="Link marks such as , to marks alone. Default: not.")
    ] = None,
    tension: Annotated[
        float | None, typer.Option(min=0.0, help="How much model 1 favours the diagonal. Default: not.")
    ] = None,
    threads: Threads = 1,
) -> None:
    """Align the words of two texts by their statistics (IBM model 1 and an HMM)."""
    from nmt.alignment.formats.pharaoh import write_pharaoh
    from nmt.commands.output import refuse_inputs, say
    from nmt.data.pairs import read_pairs

    given = {"links": links, "threshold": threshold, "agree": agree, "alpha": alpha, "tension": tension}
    given["punctuation_apart"] = punctuation_apart
    settings = {name: value for name, value in given.items() if value is not None}
    _check(method, settings)
    refuse_inputs(output, source, target, *(more or ()))
    pairs = read_pairs(source, target)
    own = len(pairs)
    if more is not None:
        pairs += read_pairs(*more)
    words = [(src.split(), tgt.split()) for src, tgt in pairs]
    found = (
        _by_eflomal(words, settings) if method == "eflomal" else _by_em(words, {**settings, "method": method}, threads)
    )
    write_pharaoh(output, found[:own])
    say(f"wrote {output}")


def _check(method: Method, settings: dict[str, Any]) -> None:
    """Errors: UserError for a setting that has no meaning beside the others, or eflomal where it is missing."""
    from nmt.aligner.eflomal import require_eflomal
    from nmt.errors import UserError

    if method == "eflomal":
        for name in settings:
            if name != "links":
                raise UserError(f"--{name.replace('_', '-')}: not with --method eflomal")
        if settings.get("links") == "agreement":
            raise UserError("--links agreement: eflomal gives no probabilities; take intersection or grow-diag")
        require_eflomal()
    elif "threshold" in settings and settings.get("links", "agreement") != "agreement":
        raise UserError(f"--threshold: only with --links agreement, not {settings['links']}")


def _by_em(words: list[tuple[list[str], list[str]]], settings: dict[str, Any], threads: int | None) -> list[Links]:
    import torch

    from nmt.aligner.aligner import AlignerSettings, align
    from nmt.commands.output import say

    if threads:
        torch.set_num_threads(threads)

    def report(model: str, iteration: int, likelihoods: tuple[float, float]) -> None:
        say(f"{model} {iteration}: log-likelihood {likelihoods[0]:,.0f} forward, {likelihoods[1]:,.0f} reverse")

    return align(words, AlignerSettings(**settings), report)


def _by_eflomal(words: list[tuple[list[str], list[str]]], settings: dict[str, Any]) -> list[Links]:
    from nmt.aligner.eflomal import align_with_eflomal

    return align_with_eflomal(words, **settings)
