"""`nmt score`: how probable given translations are."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nmt.commands.options import CheckpointName, DeviceName, EnsembleRuns, Processes, Run, Threads

if TYPE_CHECKING:
    from nmt.pipeline.pair_scores import PairScore

EPILOG = """\b
Examples:
  nmt score runs/demo --source test.en --target test.de --normalize -o scores.txt
  paste test.en test.de | nmt score runs/demo --per-token
"""


def score(
    run: Run,
    source: Annotated[
        Path | None, typer.Option(help="Source text, one sentence a line. Default: pairs from stdin, a tab between.")
    ] = None,
    target: Annotated[Path | None, typer.Option(help="Its translations.")] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where the scores go; - is stdout.")
    ] = Path("-"),
    normalize: Annotated[
        bool, typer.Option("--normalize", help="Divide by the number of target pieces, the end of sentence counted.")
    ] = False,
    per_token: Annotated[
        bool,
        typer.Option("--per-token", help="After a tab the log-probability of each target piece, then the pieces."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line: id, score, tokens, token_scores.")
    ] = False,
    ensemble: EnsembleRuns = None,
    checkpoint: CheckpointName = "best",
    device: DeviceName = "auto",
    threads: Threads = None,
    nproc: Processes = 1,
) -> None:
    """Print log P(target | source) of given pairs, a line each: a natural logarithm, the end of sentence counted.

    A pair with an empty side has an empty line, or null as JSON.
    """
    from nmt.commands.output import refuse_inputs, say
    from nmt.commands.standard_input import FILE, given_pairs
    from nmt.errors import UserError
    from nmt.pipeline.decoding import Choice
    from nmt.pipeline.sharing import SharedTask
    from nmt.pipeline.tasks import scoring
    from nmt.text.output import open_output

    if as_json and per_token:
        raise UserError("--per-token: --json has the tokens already; leave it out")
    refuse_inputs(output, source or FILE, target)
    pairs, read_ahead = given_pairs(source, target, nproc)
    choice = Choice(run, checkpoint, device, threads, tuple(ensemble or []))
    task = SharedTask(choice, scoring, nproc, say)
    with task.answers(pairs, read_ahead=read_ahead) as found, open_output(output) as stream:
        for number, scored in enumerate(found):
            value = scored.mean if normalize else scored.logprob
            line = json.dumps(_object(number, scored, value), ensure_ascii=False) if as_json else _line(value)
            stream.write((line + _tokens(scored) if per_token else line).encode("utf-8") + b"\n")
            if sys.stdout.isatty():
                stream.flush()


def _line(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"


def _tokens(scored: PairScore) -> str:
    """Two columns more; nothing for a pair without a score."""
    if not scored.tokens:
        return ""
    return f"\t{' '.join(map(_line, scored.logprobs))}\t{' '.join(scored.tokens)}"


def _object(number: int, scored: PairScore, value: float | None) -> dict[str, Any]:
    return {"id": number, "score": value, "tokens": scored.tokens, "token_scores": scored.logprobs}
