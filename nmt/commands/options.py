"""Flags that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Run = Annotated[Path, typer.Argument(help="Run folder, as `nmt train` writes it.", metavar="RUN")]
CheckpointName = Annotated[str, typer.Option(help="best, last, average, or the step of a checkpoint.")]
EnsembleRuns = Annotated[
    list[Path] | None,
    typer.Option("--ensemble", metavar="RUN", help="Another run that decides with; same vocabularies; repeatable."),
]
GoldBase = Annotated[
    int | None,
    typer.Option(min=0, max=1, help="The number of the first word in the gold file. Default: 0, for NAACL 1."),
]
Beam = Annotated[
    int | None, typer.Option(min=1, max=10_000, help="Beam size; 1 is greedy. Default: as in the run's config.")
]
ForbidUnk = Annotated[
    bool, typer.Option("--forbid-unk", help="Never write an unknown word, but the next best (search.forbid_unk).")
]
DeviceName = Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="Where to compute.")]
Threads = Annotated[int | None, typer.Option(min=1, max=1024, help="Threads of the processor. Default: all.")]
Processes = Annotated[
    int, typer.Option("--nproc", min=1, help="Processes that share the lines; one a GPU, or a few cores each.")
]
