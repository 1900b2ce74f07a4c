"""The mean of the weights of several checkpoints of one run."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from nmt.errors import UserError
from nmt.training.checkpoint import read_checkpoint, require_checkpoints, save_average
from nmt.training.checkpoint_files import saved, step_of
from nmt.training.state import TrainingState


def average_checkpoints(run: Path, *, last: int | None = None, best: int | None = None) -> tuple[Path, list[int]]:
    """Writes `checkpoints/average`, the mean of the weights of the `last` newest checkpoints, of the `best` ones by the
    metric of validation, or of all that are kept; its path and the steps, in order.

    As in Vaswani et al. 2017, section 6.1. Summed in float64; tensors of whole numbers are those of the newest. Where
    `ema` was on, what is averaged are averages.
    Errors: CheckpointError if one of them is damaged or the path is no run folder; UserError if there are too few,
    or the folder cannot be written.
    """
    require_checkpoints(run)
    if not os.access(run / "checkpoints", os.W_OK | os.X_OK):
        raise UserError(f"{run / 'checkpoints'}: cannot be written; the average goes there")
    kept = {step_of(path): path for path in reversed(saved(run))}
    newest = read_checkpoint(kept[max(kept)], with_training=False)
    steps = sorted(_chosen(run, sorted(kept, reverse=True), newest.state, last, best))
    total: dict[str, Tensor] = {}
    for step in steps:
        for name, tensor in read_checkpoint(kept[step], with_training=False).weights.items():
            if tensor.is_floating_point():
                total[name] = total.get(name, torch.zeros((), dtype=torch.float64)) + tensor.double()
    weights = {
        name: (total[name] / len(steps)).to(tensor.dtype) if name in total else tensor
        for name, tensor in newest.weights.items()
    }
    origin = {**newest.state.environment, "averaged steps": " ".join(map(str, steps))}
    return save_average(run, replace(newest.state, environment=origin), weights), steps


def _chosen(run: Path, kept: list[int], state: TrainingState, last: int | None, best: int | None) -> list[int]:
    if last is not None:
        candidates, wanted, flag = kept, last, "last"
    elif best is not None:
        scores = dict(state.scores)
        candidates = sorted((step for step in kept if step in scores), key=lambda step: (-scores[step], step))
        wanted, flag = best, "best"
    else:
        return kept
    if wanted > len(candidates):
        there = ", ".join(map(str, sorted(candidates))) or "none"
        raise UserError(
            f"--{flag} {wanted}: {run} holds {len(candidates)} such checkpoints ({there}); "
            f"train.keep_checkpoints says how many"
        )
    return candidates[:wanted]
