"""`nmt align-export`: attention as word alignments, in files."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nmt.commands.options import Beam, CheckpointName, DeviceName, EnsembleRuns, Run, Threads

if TYPE_CHECKING:
    from nmt.alignment.record import AlignmentRecord

EPILOG = """\b
Examples:
  nmt align-export runs/demo --source test.en --target test.de --format pharaoh -o links
  nmt align-export runs/demo --source new.en --format jsonl,html --unit piece -o new
"""
FORMATS = "pharaoh,pharaoh-scores,a3,tsv,soft,nematus,jsonl,npz,html,svg,png"


def align_export(
    run: Run,
    source: Annotated[Path, typer.Option(help="Source text, one sentence a line.")],
    target: Annotated[
        Path | None, typer.Option(help="Its translations: aligned by force, without search. Default: translate first.")
    ] = None,
    format: Annotated[str, typer.Option(help=f"Comma-separated: {FORMATS}.")] = "pharaoh",
    output: Annotated[Path, typer.Option("--output", "-o", metavar="PREFIX", help="Writes PREFIX.FORMAT.")] = Path(
        "alignments"
    ),
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
    nbest: Annotated[int | None, typer.Option(min=1, help="From search: the N best of each line, best first.")] = None,
    ensemble: EnsembleRuns = None,
    checkpoint: CheckpointName = "best",
    device: DeviceName = "auto",
    threads: Threads = None,
) -> None:
    """Write the alignments of given pairs, or of translations found by search."""
    from nmt.commands.output import say
    from nmt.data.pairs import stream_pairs
    from nmt.errors import UserError
    from nmt.pipeline.alignment_export import ExportSettings, check_directions, export_records
    from nmt.pipeline.loading import changed_search, load_reverse, load_translator
    from nmt.text.reader import read_lines

    _check_choices({"--unit": (unit, ("word", "piece")), "--eos": (eos, ("keep", "drop"))})
    formats = _formats(format)
    check_directions(method, reverse is not None, symmetrize)
    if nbest and target:
        raise UserError("--nbest: with --target there is no search; leave one of them out")
    pairs = stream_pairs(source, target) if target else None
    translator, experiment = load_translator(run, checkpoint, device, threads, say, ensemble or [])  # type: ignore[arg-type]
    other = load_reverse(reverse, experiment, checkpoint, device, say) if reverse else None  # type: ignore[arg-type]
    search = changed_search(experiment.search, beam, nbest)
    found = (
        ([aligned] for aligned in translator.align(pairs))
        if pairs
        else translator.read_head(translator.translate(read_lines(source), search))
    )
    settings = ExportSettings(unit, method, eos, symmetrize or "grow-diag", shift)  # type: ignore[arg-type]
    _write(
        export_records(found, settings, other), {name: output.with_name(f"{output.name}.{name}") for name in formats}
    )
    say(f"wrote {', '.join(f'{output}.{name}' for name in formats)}")


def _check_choices(flags: dict[str, tuple[str, tuple[str, ...]]]) -> None:
    from nmt.errors import UserError

    for name, (value, allowed) in flags.items():
        if value not in allowed:
            raise UserError(f"{name} {value}: must be one of {', '.join(allowed)}")


def _formats(names: str) -> list[str]:
    from nmt.alignment.formats.registry import writer_class

    return [writer_class(name).name for name in dict.fromkeys(name.strip() for name in names.split(","))]


def _write(records: Iterable[AlignmentRecord], targets: dict[str, Path]) -> None:
    from nmt.alignment.formats.registry import open_writer

    with ExitStack() as stack:
        writers = [stack.enter_context(open_writer(name, path)) for name, path in targets.items()]
        for record in records:
            for writer in writers:
                writer.write(record)
