"""`nmt align-text`: word alignments of two texts by statistics, without a trained model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from nmt.commands.options import Threads

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
    method: Annotated[Literal["hmm", "ibm1"], typer.Option(help="HMM after IBM model 1, or model 1 alone.")] = "hmm",
    links: Annotated[
        Literal["agreement", "forward", "reverse", "intersection", "union"],
        typer.Option(help="Which links of the two directions."),
    ] = "agreement",
    threshold: Annotated[float, typer.Option(min=0.01, max=1.0, help="Least posterior for --links agreement.")] = 0.4,
    agree: Annotated[bool, typer.Option(help="Train the directions to agree.")] = True,
    alpha: Annotated[float, typer.Option(min=0.0, help="Dirichlet prior of the translation tables; 0: none.")] = 0.0,
    tension: Annotated[float, typer.Option(min=0.0, help="How much model 1 favours the diagonal.")] = 0.0,
    threads: Threads = 1,
) -> None:
    """Align the words of two texts by their statistics (IBM model 1 and an HMM)."""
    import torch

    from nmt.aligner.aligner import AlignerSettings, align
    from nmt.alignment.formats.pharaoh import write_pharaoh
    from nmt.commands.output import say
    from nmt.data.pairs import read_pairs

    pairs = read_pairs(source, target)
    own = len(pairs)
    if more is not None:
        pairs += read_pairs(*more)
    if threads:
        torch.set_num_threads(threads)
    settings = AlignerSettings(
        method=method, agree=agree, alpha=alpha, tension=tension, links=links, threshold=threshold
    )

    def report(model: str, iteration: int, likelihoods: tuple[float, float]) -> None:
        say(f"{model} {iteration}: log-likelihood {likelihoods[0]:,.0f} forward, {likelihoods[1]:,.0f} reverse")

    found = align([(src.split(), tgt.split()) for src, tgt in pairs], settings, report)
    write_pharaoh(output, found[:own])
    say(f"wrote {output}")
