"""`nmt translate`: one line in, one line out."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nmt.commands.options import Beam, CheckpointName, DeviceName, Run, Threads

if TYPE_CHECKING:
    from nmt.translator import Translation

EPILOG = """Examples:

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
    from nmt.commands.output import say, write_line
    from nmt.pipeline.loading import changed_search, load_translator
    from nmt.pipeline.records import alignment_record
    from nmt.text.reader import read_lines, stream_lines

    if input is None and sys.stdin.isatty():
        say("reading from the terminal: type a sentence, end with Ctrl-D")
    lines = read_lines(input) if input else stream_lines(sys.stdin.buffer, "stdin")
    with ExitStack() as stack:
        writers = [stack.enter_context(_writer(target)) for target in align or []]
        translator, experiment = load_translator(run, checkpoint, device, threads, say)  # type: ignore[arg-type]
        search = changed_search(experiment.search, beam, nbest)
        if input is None and sys.stdin.isatty():
            search = search.model_copy(update={"batch_sentences": 1})
        for number, found in enumerate(translator.translate(lines, search)):
            for line in _lines(number, found, nbest is not None, as_json):
                write_line(line)
            for writer in writers:
                writer.write(alignment_record(number, found[0], "word"))
        sys.stdout.flush()


def _writer(target: str) -> Any:
    from nmt.alignment.formats.registry import open_writer
    from nmt.errors import UserError

    name, equals, path = target.partition("=")
    if not equals or not path:
        raise UserError(f"--align {target}: expected FORMAT=FILE, such as pharaoh=links.txt")
    return open_writer(name, Path(path))


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
