"""`nmt info`: what a run is and how far it came."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from nmt.commands.options import Run

EPILOG = """\b
Examples:
  nmt info runs/demo
  nmt info runs/demo --json
"""


def info(
    run: Run,
    as_json: Annotated[bool, typer.Option("--json", help="The same as JSON.")] = False,
) -> None:
    """Parameters, progress, best score and checkpoints of a run."""
    from nmt.commands.output import write_report
    from nmt.pipeline.describe import describe

    facts: dict[str, Any] = describe(run)
    if as_json:
        write_report(json.dumps(facts, ensure_ascii=False))
        return
    width = max(map(len, facts))
    write_report(*(f"{name.ljust(width)}  {value}" for name, value in facts.items()))
