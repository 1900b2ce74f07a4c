"""`nmt translate`: one line in, one line out."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nmt.commands.options import Beam, CheckpointName, DeviceName, Run, Threads

if TYPE_CHECKING:
    from nmt.translator import Translation

EPILOG = """\b
Examples:
  nmt translate runs/demo < input.en > output.de
  echo "The old man sees the dog ." | nmt translate runs/demo --nbest 3 --align pharaoh=links.txt
"""


def translate(
    run: Run,
    input: Annotated[Path | None, typer.Option("--input", "-i", help="Text to translate. Default: stdin.")] = None,
    beam: Beam = None,
    nbest: Annotated[
        int | None, typer.Option(min=1, help="Print the N best as `line ||| text ||| score` (Moses).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line: src, hyp, score, links.")] = False,
    align: Annotated[
        list[str] | None, typer.Option(metavar="FORMAT=FILE", help="Write word alignments too; repeatable.")
    ] = None,
    checkpoint: CheckpointName = "best",
    device: DeviceName = "auto",
    threads: Threads = None,
) -> None:
    """Translate text line by line. Only translations go to stdout; an empty line stays an empty line."""
    from nmt.alignment.formats.registry import open_writer
    from nmt.commands.output import say, write_line
    from nmt.errors import UserError
    from nmt.pipeline.loading import changed_search, load_translator
    from nmt.pipeline.records import alignment_record

    targets = _targets(align or [])
    translator, experiment = load_translator(run, checkpoint, device, threads, say)
    if targets and not translator.has_attention:
        raise UserError(f"--align: {run} has no attention, so it has no alignments")
    search = changed_search(experiment.search, beam, nbest)
    with ExitStack() as stack:
        writers = [stack.enter_context(open_writer(name, path)) for path, name in targets.items()]
        translations = (found for block in _blocks(input, say) for found in translator.translate(block, search))
        for number, found in enumerate(translations):
            for line in _lines(number, found, nbest is not None, as_json):
                write_line(line)
            for writer in writers:
                writer.write(alignment_record(number, found[0], "word"))
            if sys.stdout.isatty():
                sys.stdout.flush()
        sys.stdout.flush()


def _targets(flags: list[str]) -> dict[Path, str]:
    """The format to write into each file."""
    from nmt.alignment.formats.registry import writer_class
    from nmt.errors import UserError

    targets: dict[Path, str] = {}
    for flag in flags:
        name, _, path = flag.partition("=")
        if not path:
            raise UserError(f"--align {flag}: expected FORMAT=FILE, such as pharaoh=links.txt")
        if path == "-":
            raise UserError(f"--align {flag}: standard output is for the translations; give a file")
        if Path(path) in targets:
            raise UserError(f"--align {flag}: {targets[Path(path)]} goes to this file already")
        targets[Path(path)] = writer_class(name).name
    return targets


def _blocks(path: Path | None, say: Callable[[str], None]) -> Iterable[Iterable[str]]:
    """The lines to translate; on a terminal each by itself, because its answer is waited for."""
    from nmt.text.reader import read_lines, stream_lines

    if path is not None:
        return [read_lines(path)]
    if sys.stdin is None:
        return []
    lines = stream_lines(sys.stdin.buffer, "stdin")
    if not sys.stdin.isatty():
        return [lines]
    say("reading from the terminal: type a sentence, end with Ctrl-D")
    return ([line] for line in lines)


def _lines(number: int, found: list[Translation], n_best: bool, as_json: bool) -> list[str]:
    if as_json:
        return [json.dumps(_object(number, translation), ensure_ascii=False) for translation in found]
    if n_best:
        return [f"{number} ||| {translation.text} ||| {translation.score:.6f}" for translation in found]
    return [found[0].text]


def _object(number: int, translation: Translation) -> dict[str, Any]:
    from nmt.pipeline.records import alignment_record

    fields: dict[str, Any] = {
        "id": number,
        "src": " ".join(translation.src.words),
        "hyp": translation.text,
        "score": translation.score,
        "logprob": translation.logprob,
        "src_tokens": translation.src.words,
        "hyp_tokens": translation.tgt.words,
    }
    if translation.weights_TS is not None:
        fields["links"] = alignment_record(number, translation, "word").links
    return fields
