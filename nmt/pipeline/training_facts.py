"""What a finished training cost and reached, from the small files of its run folder."""

from __future__ import annotations

import hashlib
import json
import statistics
from pathlib import Path
from typing import Any, NamedTuple

from nmt.errors import CheckpointError
from nmt.pipeline.describe import read_metrics
from nmt.pipeline.run_folder import RunFolder
from nmt.training.checkpoint import load_checkpoint
from nmt.training.checkpoint_files import saved


class TrainingFacts(NamedTuple):
    """None where the run folder does not tell."""

    parameters: int | None
    """Numbers in the weights."""

    minutes: float
    """Training and validation."""

    tokens_per_s: float | None
    """Target tokens a second in training, the median of the lines in metrics.jsonl."""

    perplexity: float | None
    """Of a target piece of the validation set, at the best checkpoint."""

    vocabulary: str
    """Hash of the vocabularies; perplexities of runs with different ones do not compare."""


def training_facts(run: Path) -> TrainingFacts:
    """Errors: CheckpointError if the run is not finished."""
    done = _outcome(run)
    lines = read_metrics(run)
    speeds = [line["target_tokens_per_s"] for line in lines if line["split"] == "train"]
    perplexities = [line["ppl"] for line in lines if line["split"] == "valid" and line["step"] == done["best_step"]]
    return TrainingFacts(
        parameters=_parameters(run, done),
        minutes=done["seconds"] / 60,
        tokens_per_s=statistics.median(speeds) if speeds else None,
        perplexity=perplexities[-1] if perplexities else None,
        vocabulary=_hash(RunFolder(run).vocab),
    )


def _outcome(run: Path) -> dict[str, Any]:
    path = RunFolder(run).done
    if not path.is_file():
        raise CheckpointError(f"{run}: not finished (it has no done.json); the command that began it continues it")
    try:
        done = json.loads(path.read_bytes())
        return {**done, "best_step": int(done["best_step"]), "seconds": float(done["seconds"])}
    except (ValueError, KeyError, TypeError):
        raise CheckpointError(f"{path} is damaged; train the run again with --overwrite") from None


def _parameters(run: Path, done: dict[str, Any]) -> int | None:
    """From done.json; a run of version 0.1.0 is counted in its checkpoint, if that is still there."""
    if "parameters" in done:
        return done["parameters"]
    if not saved(run):
        return None
    return sum(tensor.numel() for tensor in load_checkpoint(run, "best").weights.values())


def _hash(folder: Path) -> str:
    files = sorted(folder.glob("*"))
    return hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in files)).hexdigest()
