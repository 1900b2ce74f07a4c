"""`nmt align-stats`: what the attention of an export says about its translations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from nmt.commands.options import GoldBase

EPILOG = """\b
Examples:
  nmt align-stats new.jsonl
  nmt align-stats new.jsonl --json --sentences new.stats
"""


def align_stats(
    file: Annotated[
        Path,
        typer.Argument(
            help="Alignments as `nmt align-export` writes them: .jsonl, .npz, .html, .svg, .png.", metavar="FILE"
        ),
    ],
    gold: Annotated[
        Path | None,
        typer.Option(help="Gold links, line by line: drift is measured on them, not on tokens that both sides share."),
    ] = None,
    gold_base: GoldBase = None,
    sentences: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Writes the same of each sentence too, one JSON object a line.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Entropy, coverage, weight on EOS, monotonicity and off-by-one drift of exported alignments."""
    from contextlib import ExitStack
    from dataclasses import asdict

    from nmt.alignment.corpus_diagnostics import CorpusDiagnostics
    from nmt.alignment.formats.reading import best_records
    from nmt.alignment.gold import GoldFile
    from nmt.commands.output import refuse_inputs, write_report
    from nmt.text.output import open_output

    if sentences:
        refuse_inputs(sentences, file, gold)
    corpus = CorpusDiagnostics()
    known = GoldFile(gold, gold_base) if gold else None
    with ExitStack() as stack:
        stream = stack.enter_context(open_output(sentences)) if sentences else None
        for number, record in enumerate(best_records(file)):
            sides = record.alignment.src_tokens, record.alignment.tgt_tokens
            found = corpus.add(record, known.within(number, *map(len, sides)).sure if known else None)
            if stream:
                stream.write(json.dumps(asdict(found), ensure_ascii=False).encode("utf-8") + b"\n")
        if known:
            known.require_sentences(corpus.sentences, f"of {file}")
    write_report(*([json.dumps(corpus.to_json(), ensure_ascii=False)] if as_json else corpus.lines()))
