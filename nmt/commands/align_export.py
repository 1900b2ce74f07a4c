"""`nmt align-export`: attention as word alignments, in files."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nmt.commands.options import Beam, CheckpointName, DeviceName, EnsembleRuns, Processes, Run, Threads

if TYPE_CHECKING:
    from nmt.alignment.record import AlignmentRecord

EPILOG = """\b
Examples:
  nmt align-export runs/demo --source test.en --target test.de --format pharaoh -o links
  nmt align-export runs/demo --source new.en --format jsonl,html --unit piece -o new
  paste test.en test.de | nmt align-export runs/demo > test.pharaoh
"""
STDOUT = Path("-")
FORMATS = "pharaoh,pharaoh-scores,a3,tsv,soft,nematus,jsonl,npz,html,svg,png"


def align_export(
    run: Run,
    source: Annotated[
        Path | None, typer.Option(help="Source text, one sentence a line. Default: pairs from stdin, a tab between.")
    ] = None,
    target: Annotated[
        Path | None, typer.Option(help="Its translations: aligned by force, without search. Default: translate first.")
    ] = None,
    format: Annotated[str, typer.Option(help=f"Comma-separated: {FORMATS}.")] = "pharaoh",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PREFIX",
            help="Writes PREFIX.FORMAT; - is stdout. Default: alignments; of pairs from stdin: -.",
        ),
    ] = None,
    unit: Annotated[str, typer.Option(help="word, or piece for the subwords of the model.")] = "word",
    method: Annotated[
        str, typer.Option(help="Links: argmax, argmax=0.3, threshold=0.3; with --reverse: agreement=0.3.")
    ] = "argmax",
    eos: Annotated[str, typer.Option(help="keep or drop the end of sentence in the matrices.")] = "keep",
    shift: Annotated[
        int,
        typer.Option(help="Moves the rows of attention by so many target pieces; -1: a piece gets the next one's."),
    ] = 0,
    reverse: Annotated[
        Path | None, typer.Option(metavar="RUN2", help="A run of the other direction, whose links join in.")
    ] = None,
    symmetrize: Annotated[
        str | None,
        typer.Option(
            help="With --reverse: intersection, union, grow-diag (the default), grow-diag-final, grow-diag-final-and."
        ),
    ] = None,
    beam: Beam = None,
    nbest: Annotated[
        int | None, typer.Option(min=1, max=10_000, help="From search: the N best of each line, best first.")
    ] = None,
    ensemble: EnsembleRuns = None,
    checkpoint: CheckpointName = "best",
    device: DeviceName = "auto",
    threads: Threads = None,
    nproc: Processes = 1,
) -> None:
    """Write the alignments of given pairs, or of translations found by search."""
    from nmt.commands.output import refuse_inputs, say
    from nmt.commands.standard_input import FILE
    from nmt.errors import UserError
    from nmt.pipeline.alignment_export import ExportSettings, check_directions
    from nmt.pipeline.decoding import Choice
    from nmt.pipeline.sharing import SharedTask
    from nmt.pipeline.tasks import Export, aligning

    _check_choices({"--unit": (unit, ("word", "piece")), "--eos": (eos, ("keep", "drop"))})
    targets = _targets(_formats(format), output or (Path("alignments") if source else STDOUT))
    for path in targets.values():
        refuse_inputs(path, source or FILE, target)
    check_directions(method, reverse is not None, symmetrize)
    given = target is not None or source is None
    for flag, value in (("--nbest", nbest), ("--beam", beam)):
        if given and value is not None:
            raise UserError(f"{flag}: given pairs are aligned without search; leave it out")
    pairs, read_ahead = _pairs(source, target, nproc)
    choice = Choice(run, checkpoint, device, threads, tuple(ensemble or []), beam, nbest)
    settings = ExportSettings(unit, method, eos, symmetrize or "grow-diag", shift)  # type: ignore[arg-type]
    task = SharedTask(choice, partial(aligning, Export(settings, given, reverse)), nproc, say)
    with task.answers(pairs, read_ahead=read_ahead) as found:
        _write(found, targets)
    if STDOUT not in targets.values():
        say(f"wrote {', '.join(map(str, targets.values()))}")


def _pairs(source: Path | None, target: Path | None, nproc: int) -> tuple[Iterable[tuple[str, str]], int | None]:
    """Pairs as of `given_pairs`, or sources without their targets, for search to find them."""
    from nmt.commands.standard_input import given_pairs
    from nmt.text.reader import read_lines

    if source and not target:
        return ((line, "") for line in read_lines(source)), None
    return given_pairs(source, target, nproc)


def _check_choices(flags: dict[str, tuple[str, tuple[str, ...]]]) -> None:
    from nmt.errors import UserError

    for name, (value, allowed) in flags.items():
        if value not in allowed:
            raise UserError(f"{name} {value}: must be one of {', '.join(allowed)}")


def _formats(names: str) -> list[str]:
    from nmt.alignment.formats.registry import writer_class

    return [writer_class(name).name for name in dict.fromkeys(name.strip() for name in names.split(","))]


def _targets(formats: list[str], prefix: Path) -> dict[str, Path]:
    """Where each format goes. Errors: UserError for a folder, or for several to standard output."""
    from nmt.errors import UserError

    if prefix.name in ("", ".."):
        raise UserError(f"--output {prefix}: is a folder; give the beginning of a file name in it")
    if prefix != STDOUT:
        return {name: prefix.with_name(f"{prefix.name}.{name}") for name in formats}
    if len(formats) > 1:
        raise UserError(f"--format {','.join(formats)}: standard output takes one format; give --output PREFIX")
    return {formats[0]: STDOUT}


def _write(records: Iterable[AlignmentRecord], targets: dict[str, Path]) -> None:
    from nmt.alignment.formats.registry import open_writer

    with ExitStack() as stack:
        writers = [stack.enter_context(open_writer(name, path)) for name, path in targets.items()]
        for record in records:
            for writer in writers:
                writer.write(record)
            if sys.stdout.isatty():
                sys.stdout.flush()
