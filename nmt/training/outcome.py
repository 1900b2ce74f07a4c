"""How a training ended."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from nmt.training.checkpoint import Checkpoint
from nmt.training.durable import replace_file
from nmt.training.learner import Learner
from nmt.training.state import TrainingState
from nmt.training.weights import load_weights, weights_sha256


@dataclass(frozen=True)
class Outcome:
    """The content of done.json."""

    step: int
    """Updates made."""

    best_step: int
    """Step of the best checkpoint."""

    metric: str
    """What it is the best by."""

    best: float
    """Its BLEU or loss on the validation set."""

    weights_sha256: str
    """`weights_sha256` of the best checkpoint's weights."""

    last_weights_sha256: str
    """The same of the weights after the last update, not averaged: what the update after it would have begun with."""

    seconds: float
    """Time spent, validation included."""

    parameters: int
    """Numbers in the weights; tied ones count once."""


def conclude(run: Path, learner: Learner, state: TrainingState, best: Checkpoint) -> Outcome:
    """Loads the best weights into the model and, in the first of several processes, writes `done.json`."""
    metric = learner.config.metric
    last_sha256 = weights_sha256(learner.model)
    load_weights(learner.model, best.weights, best.path.name)
    learner.model.eval()
    score = dict(state.scores)[best.state.step]
    outcome = Outcome(
        step=state.step,
        best_step=best.state.step,
        metric=metric,
        best=score if metric == "bleu" else -score,
        weights_sha256=weights_sha256(learner.model),
        last_weights_sha256=last_sha256,
        seconds=round(state.seconds, 1),
        parameters=sum(parameter.numel() for parameter in learner.model.parameters()),
    )
    if learner.job.ranks.is_first:
        replace_file(run / "done.json", json.dumps(asdict(outcome), indent=1).encode() + b"\n")
    return outcome
