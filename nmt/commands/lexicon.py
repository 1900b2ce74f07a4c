"""`nmt lexicon`: which words translate which, by a model's own alignments."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nmt.commands.options import CheckpointName, DeviceName, Run, Threads

EPILOG = """\b
Examples:
  nmt lexicon runs/demo -o lexicon.tsv
  nmt lexicon runs/demo --min-share 0.02 -o shortlist.tsv
  nmt lexicon runs/demo --source train.en --target train.de --min-count 2 -o lexicon.tsv
"""


def lexicon(
    run: Run,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Writes source, target, count and share (TSV).")
    ],
    source: Annotated[
        Path | None, typer.Option(help="Source text, one sentence a line. Default: what the run was trained on.")
    ] = None,
    target: Annotated[Path | None, typer.Option(help="Its translations.")] = None,
    method: Annotated[
        str, typer.Option(help="Links: argmax, argmax=0.3, threshold=0.3; with --reverse: agreement=0.3.")
    ] = "argmax",
    reverse: Annotated[
        Path | None, typer.Option(metavar="RUN2", help="A run of the other direction, whose links join in.")
    ] = None,
    min_count: Annotated[int, typer.Option(min=1, help="Leaves out words linked less often.")] = 1,
    min_share: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Leaves out translations with less of a word's links.")
    ] = 0.1,
    checkpoint: CheckpointName = "best",
    device: DeviceName = "auto",
    threads: Threads = None,
) -> None:
    """Induce a lexicon from a model's forced alignments of its training text, for `--lexicon` and `--shortlist`."""
    from nmt.alignment.lexicon import count_translations, entries, write_lexicon
    from nmt.commands.output import refuse_inputs, say
    from nmt.data.pairs import stream_pairs
    from nmt.errors import UserError
    from nmt.pipeline.alignment_export import ExportSettings, check_directions, export_records
    from nmt.pipeline.loading import load_reverse, load_translator
    from nmt.text.output import open_output

    check_directions(method, reverse is not None)
    if (source is None) != (target is None):
        raise UserError("--source and --target: give both or neither")
    translator, experiment = load_translator(run, checkpoint, device, threads, say)
    other = load_reverse(reverse, experiment, checkpoint, device, say) if reverse else None
    train = experiment.data.train
    files = source or train.src, target or train.tgt
    refuse_inputs(output, *files)
    pairs = stream_pairs(*files)
    found = ([aligned] for aligned in translator.align(pairs))
    with open_output(output) as stream:
        counts = count_translations(export_records(found, ExportSettings(method=method), other))
        kept = entries(counts, min_count, min_share)
        write_lexicon(stream, kept)
    say(f"wrote {output}: {len(kept)} translations of {len({entry.src for entry in kept})} words")
