"""`nmt align-export`: attention as word alignments, in files."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from nmt.commands.options import Beam, CheckpointName, DeviceName, EnsembleRuns, Run, Threads

EPILOG = """\b
Examples:
  nmt align-export runs/demo --source test.en --target test.de --format pharaoh -o links
  nmt align-export runs/demo --source new.en --format jsonl,html --unit piece -o new
"""


def align_export(
    run: Run,
    source: Annotated[Path, typer.Option(help="Source text, one sentence a line.")],
    target: Annotated[
        Path | None, typer.Option(help="Its translations: aligned by force, without search. Default: translate first.")
    ] = None,
    format: Annotated[
        str, typer.Option(help="Comma-separated: pharaoh,pharaoh-scores,soft,jsonl,npz,html.")
    ] = "pharaoh",
    output: Annotated[Path, typer.Option("--output", "-o", metavar="PREFIX", help="Writes PREFIX.FORMAT.")] = Path(
        "alignments"
    ),
    unit: Annotated[str, typer.Option(help="word, or piece for the subwords of the model.")] = "word",
    method: Annotated[str, typer.Option(help="Links: argmax, or threshold=0.3.")] = "argmax",
    eos: Annotated[str, typer.Option(help="keep or drop the end of sentence in the matrices.")] = "keep",
    beam: Beam = None,
    ensemble: EnsembleRuns = None,
    checkpoint: CheckpointName = "best",
    device: DeviceName = "auto",
    threads: Threads = None,
) -> None:
    """Write the alignments of given pairs, or of translations found by search."""
    from nmt.alignment.formats.registry import open_writer, writer_class
    from nmt.alignment.links import parse_method
    from nmt.commands.output import say
    from nmt.data.pairs import read_pairs
    from nmt.errors import UserError
    from nmt.pipeline.loading import changed_search, load_translator
    from nmt.pipeline.records import alignment_record
    from nmt.text.reader import read_lines

    for name, value, allowed in (("--unit", unit, ("word", "piece")), ("--eos", eos, ("keep", "drop"))):
        if value not in allowed:
            raise UserError(f"{name} {value}: must be one of {', '.join(allowed)}")
    formats = list(dict.fromkeys(name.strip() for name in format.split(",")))
    for name in formats:
        writer_class(name)
    parse_method(method)
    pairs = read_pairs(source, target) if target else None
    translator, experiment = load_translator(run, checkpoint, device, threads, say, ensemble or [])  # type: ignore[arg-type]
    search = changed_search(experiment.search, beam, None)
    aligned = (
        translator.align(pairs)
        if pairs
        else translator.read_head(found[0] for found in translator.translate(read_lines(source), search))
    )
    with ExitStack() as stack:
        writers = [
            stack.enter_context(open_writer(name, output.with_name(f"{output.name}.{name}"))) for name in formats
        ]
        for number, translation in enumerate(aligned):
            record = alignment_record(number, translation, unit, method, eos)  # type: ignore[arg-type]
            for writer in writers:
                writer.write(record)
    say(f"wrote {', '.join(f'{output}.{name}' for name in formats)}")
