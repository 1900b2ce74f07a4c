"""`nmt average`: one set of weights from several checkpoints of a run."""

from __future__ import annotations

from typing import Annotated

import typer

from nmt.commands.options import Run

EPILOG = """\b
Examples:
  nmt average runs/demo
  nmt average runs/demo --last 2
"""


def average(
    run: Run,
    last: Annotated[
        int | None, typer.Option(min=1, help="Average the N newest checkpoints. Default: all kept.")
    ] = None,
    best: Annotated[int | None, typer.Option(min=1, help="Average the N best checkpoints of validation.")] = None,
) -> None:
    """Average the weights of checkpoints, for `--checkpoint average` of the other commands."""
    from nmt.commands.output import say
    from nmt.errors import UserError
    from nmt.training.checkpoint_average import average_checkpoints

    if last is not None and best is not None:
        raise UserError("--last and --best: give one of them")
    path, steps = average_checkpoints(run, last=last, best=best)
    say(f"{path}: mean of the weights of steps {', '.join(map(str, steps))}")
    say(f"next: nmt translate {run} --checkpoint average < input.txt > output.txt")
