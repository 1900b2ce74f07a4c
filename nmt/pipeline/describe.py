"""Facts about a run folder, for `nmt info` and the report."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nmt.errors import CheckpointError
from nmt.pipeline.run_folder import RunFolder
from nmt.training.checkpoint import load_checkpoint

NUMBERS = {"train": ("step", "loss"), "valid": ("step", "loss", "bleu", "ppl")}
"""What each line of metrics.jsonl tells."""


def describe(run: Path) -> dict[str, Any]:
    """Name to value. Errors: CheckpointError if this is no run folder or its checkpoint is damaged."""
    best, last = load_checkpoint(run, "best"), load_checkpoint(run, "last")
    folder = RunFolder(run)
    experiment = folder.experiment()
    model = experiment.model
    facts: dict[str, Any] = {
        "run": str(run),
        "model": f"{model.encoder.component.name} encoder, {model.decoder.component.name} decoder",
        "languages": f"{experiment.data.src_lang} to {experiment.data.tgt_lang}",
        "parameters": sum(tensor.numel() for tensor in best.weights.values()),
        "tokenizer": experiment.data.tokenizer.component.name,
        "step": last.state.step,
        "epoch": last.state.epoch,
        "minutes": round(last.state.seconds / 60, 1),
        "best checkpoint": best.path.name,
        "finished": folder.done.exists(),
    }
    valid = [line for line in read_metrics(run) if line["split"] == "valid" and line["step"] == best.state.step]
    if valid:
        facts["valid BLEU"] = f"{valid[-1]['bleu']:.2f} {valid[-1]['signature']}"
        facts["valid perplexity"] = round(valid[-1]["ppl"], 2)
    for name, scores in read_scores(run).items():
        facts[f"{name} BLEU"] = f"{scores['bleu']:.2f} {scores['signature']}"
    return facts


def read_metrics(run: Path) -> list[dict[str, Any]]:
    """The whole lines of metrics.jsonl; a line that a kill cut off is left out. Errors: CheckpointError if it is
    damaged."""
    path = RunFolder(run).metrics
    if not path.is_file():
        return []
    with _reading(path):
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
        for line in lines:
            _require_numbers(line, NUMBERS[line["split"]])
    return lines


def read_scores(run: Path) -> dict[str, dict[str, Any]]:
    """The scores of every evaluated set, by its name. Errors: CheckpointError if they are damaged."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(RunFolder(run).evaluations.glob("*.scores.json")):
        with _reading(path):
            scores = found[path.name.removesuffix(".scores.json")] = json.loads(path.read_bytes())
            _require_numbers(scores, ["bleu"])
    return found


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (ValueError, KeyError, TypeError, RecursionError):
        raise CheckpointError(f"{path} is damaged; remove it, or train the run again with --overwrite") from None


def _require_numbers(found: dict[str, Any], keys: Sequence[str]) -> None:
    for key in keys:
        if not isinstance(found[key], (int, float)):
            raise TypeError(key)
