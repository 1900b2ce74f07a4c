"""`nmt translate`: one line in, one line out."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nmt.commands.options import Beam, CheckpointName, DeviceName, EnsembleRuns, ForbidUnk, Processes, Run, Threads

if TYPE_CHECKING:
    from nmt.search.sampling import Sampling
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
        int | None, typer.Option(min=1, max=10_000, help="Print the N best as `line ||| text ||| score` (Moses).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line: src, hyp, score, links.")] = False,
    align: Annotated[
        list[str] | None, typer.Option(metavar="FORMAT=FILE", help="Write word alignments too; repeatable.")
    ] = None,
    replace_unk: Annotated[
        bool | None,
        typer.Option(help="Replace unknown words by the source word they attend to. Default: as in the config."),
    ] = None,
    forbid_unk: ForbidUnk = False,
    lexicon: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --replace-unk: looked up before a word is copied (`nmt lexicon`)."),
    ] = None,
    shortlist: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Faster: only words that this lexicon (`nmt lexicon --min-share 0.02`) has for the sentence.",
        ),
    ] = None,
    prefix_file: Annotated[
        Path | None, typer.Option(help="What each translation must begin with, line by line; empty: anything.")
    ] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="Draw at random instead of searching; N by --nbest.")
    ] = False,
    temperature: Annotated[
        float | None, typer.Option(help="Sampling: below 1 likely words become likelier. Default: 1.")
    ] = None,
    top_k: Annotated[
        int | None, typer.Option(min=1, help="Sampling: only the K likeliest pieces at each step.")
    ] = None,
    top_p: Annotated[
        float | None, typer.Option(help="Sampling: only the likeliest pieces that have P together (nucleus).")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Sampling: another seed, other draws. Default: 1.")] = None,
    resume_output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write to this file; after a kill the same command goes on where the file ends."
        ),
    ] = None,
    int8: Annotated[bool, typer.Option("--int8", help="Faster on a processor: products of 8-bit numbers.")] = False,
    ensemble: EnsembleRuns = None,
    checkpoint: CheckpointName = "best",
    device: DeviceName = "auto",
    threads: Threads = None,
    nproc: Processes = 1,
) -> None:
    """Translate text line by line. Only translations go to stdout; an empty line stays an empty line."""
    from nmt.alignment.formats.registry import open_writer
    from nmt.commands.output import refuse_inputs, say
    from nmt.commands.standard_input import FILE, stdin_lines
    from nmt.data.pairs import with_prefixes
    from nmt.errors import UserError
    from nmt.pipeline.decoding import Choice
    from nmt.pipeline.records import alignment_record
    from nmt.pipeline.sharing import SharedTask
    from nmt.pipeline.tasks import translating
    from nmt.search.batch_limits import block_lines
    from nmt.text.reader import read_lines

    targets = _targets(align or [])
    if resume_output and (targets or nbest):
        raise UserError("--resume-output: only for one line a sentence; leave --nbest and --align out")
    for output in (*targets, *filter(None, [resume_output])):
        refuse_inputs(output, input or FILE, prefix_file, lexicon, shortlist)
    sampling = _sampling(sample, {"temperature": temperature, "top_k": top_k, "top_p": top_p, "seed": seed}, beam)
    models = run, checkpoint, device, threads, tuple(ensemble or [])
    choice = Choice(*models, beam, nbest, replace_unk, lexicon, shortlist, int8, forbid_unk)
    task = SharedTask(choice, partial(translating, sampling), nproc, say)
    for flag, given in (("--align", targets), ("--replace-unk", replace_unk)):
        if given and not task.opened.translator.has_attention:
            raise UserError(f"{flag}: {run} has no attention, so it has no alignments")
    lines, read_ahead = (read_lines(input), None) if input else stdin_lines("a sentence", nproc)
    pairs = with_prefixes(lines, prefix_file) if prefix_file else ((line, "") for line in lines)
    with ExitStack() as stack:
        writers = [stack.enter_context(open_writer(name, path)) for path, name in targets.items()]
        done, write = _output(stack, resume_output, block_lines(task.opened.search))
        answers = stack.enter_context(task.answers(islice(pairs, done, None), done + 1, read_ahead))
        for number, found in enumerate(answers, done):
            for line in _lines(number, found, nbest is not None, as_json):
                write(line)
            for writer in writers:
                writer.write(alignment_record(number, found[0], "word"))
            if sys.stdout.isatty():
                sys.stdout.flush()
        sys.stdout.flush()


def _output(stack: ExitStack, path: Path | None, block: int) -> tuple[int, Callable[[str], None]]:
    """How many lines are translated already, and what writes the next one."""
    from nmt.commands.output import write_line
    from nmt.commands.resumed_output import ResumedOutput

    if path is None:
        return 0, write_line
    output = stack.enter_context(ResumedOutput(path, block))
    return output.first, output.write_line


def _sampling(sample: bool, flags: dict[str, Any], beam: int | None) -> Sampling | None:
    """The settings of --sample; without it, none of them may be given, and with it no beam."""
    from nmt.errors import UserError
    from nmt.search.sampling import Sampling

    if sample and beam:
        raise UserError("--beam: --sample does not search; leave one of them out")
    given = {name: value for name, value in flags.items() if value is not None}
    names = {name: f"--{name.replace('_', '-')}" for name in given}
    if not sample and given:
        raise UserError(f"{names[next(iter(given))]}: only with --sample")
    for name, value in given.items():
        if name == "temperature" and not 0 < value < float("inf"):
            raise UserError(f"{names[name]} {value}: must be above 0")
        if name == "top_p" and not 0 < value <= 1:
            raise UserError(f"{names[name]} {value}: must be above 0 and at most 1")
    return Sampling(**given) if sample else None


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
