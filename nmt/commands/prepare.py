"""`nmt prepare`: the training text as numbers, for corpora that memory is too small for."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

EPILOG = """\b
Examples:
  nmt prepare --config my.yaml --set data.prepared=prepared
  nmt prepare --config my.yaml --set data.prepared=prepared --set data.max_length=80
"""


def prepare(
    config: Annotated[Path, typer.Option(help="Config file; its data.prepared names the folder.")],
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a key of the config; repeatable.")
    ] = None,
    nproc: Annotated[int, typer.Option(min=1, help="Processes that share the text.")] = 1,
) -> None:
    """Turn the training text into numbers that `nmt train` maps into memory. Stopped, the same command goes on."""
    from nmt.commands.given_config import given_config
    from nmt.commands.output import say
    from nmt.config.experiment import Experiment
    from nmt.config.late import late_mistakes
    from nmt.parallel.launcher import is_launched, launch
    from nmt.pipeline.prepared_text import PreparedText

    changes = set_ or []
    experiment = given_config(config, changes)
    with late_mistakes(Experiment, config, changes):
        text = PreparedText(experiment)
    tokenizers = text.tokenizers()
    if is_launched():
        text.write_share(tokenizers, int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]))
        return
    again = ["prepare", f"--config={config}", *(f"--set={change}" for change in changes)]
    corpus = text.corpus(tokenizers, partial(launch, nproc, again) if nproc > 1 else None)
    for warning in (warning for part in corpus.parts for warning in part.report["warnings"]):
        say(f"warning: {warning}")
    sizes = " + ".join(str(len(part)) for part in corpus.parts)
    say(f"{sizes} pairs in {text.folder}; next: nmt train --config {config}")
