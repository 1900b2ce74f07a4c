"""What a training will cost, found by making a few updates that change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import NamedTuple

from nmt.config.experiment import Experiment
from nmt.data.epochs import Epoch
from nmt.data.guide import Guide
from nmt.device import peak_memory
from nmt.errors import NmtError
from nmt.models.seq2seq import Seq2Seq
from nmt.pipeline.training import Plan, make_epochs
from nmt.training.failures import explain
from nmt.training.job import Job
from nmt.training.learner import Learner
from nmt.training.state import TrainingState
from nmt.training.validation import Validation

TIMED = 5
"""How many updates are timed, spread over an epoch,"""

SEARCHED = 10_000
"""and among how many batches, spread likewise, the largest is looked for."""


class Estimate(NamedTuple):
    """Validation, the saving of checkpoints and a first pass that finds links to guide by are not in it."""

    parameters: int
    memory_bytes: int
    """The most that this process (on a GPU: its tensors) had so far, after an update with the largest batch."""

    largest_batch: tuple[int, int]
    """Sentences and tokens of the longest side of the batch that takes the most memory."""

    updates: int
    """Of an epoch."""

    seconds: float
    """Of an epoch."""

    epochs: float | None
    """Of the whole training, by its max_steps and max_epochs; None if only time or patience ends it."""


def estimate(experiment: Experiment, ready: Plan) -> Estimate:
    """Updates `ready.model` with a learning rate of 0.

    Errors: NmtError if memory runs out.
    """
    train = experiment.train
    job = Job(make_epochs(experiment, ready.prepared, _stand_in(experiment, ready)), _no_validation, *ready.compute, 1)
    epoch = job.data.epoch(1)
    learner = Learner(ready.model, train, job)
    starts = range(0, len(epoch.batches), train.accumulate)
    some = epoch.batches[:: max(1, len(epoch.batches) // SEARCHED)]
    largest = max(some, key=lambda ids: _area(epoch.padded_size(ids)))
    _update(learner, epoch, [largest], job)
    timed = [epoch.batches[start : start + train.accumulate] for start in starts[:: max(1, len(starts) // TIMED)]]
    for batches in timed if learner.uses_graphs else []:
        _update(learner, epoch, batches, job)
    begin = monotonic()
    for batches in timed:
        _update(learner, epoch, batches, job)
    seconds = (monotonic() - begin) / len(timed) * len(starts)
    by_steps = [train.max_steps / len(starts)] if train.max_steps else []
    by_epochs = [float(train.max_epochs)] if train.max_epochs else []
    return Estimate(
        parameters=ready.parameters,
        memory_bytes=peak_memory(ready.compute.device),
        largest_batch=epoch.padded_size(largest),
        updates=len(starts),
        seconds=seconds,
        epochs=min(by_steps + by_epochs, default=None),
    )


def _stand_in(experiment: Experiment, ready: Plan) -> Guide | None:
    """A guide along the diagonal: an update costs the same whatever the links are, and some are found later."""
    guided, prepared = experiment.train.guided_alignment, ready.prepared
    if guided is None:
        return None
    diagonal = [(word, word) for word in range(experiment.data.max_length)]
    return Guide([diagonal] * len(prepared.train), prepared.tokenizers, guided.unlinked == "eos")


def _update(learner: Learner, epoch: Epoch, batches: Sequence[list[int]], job: Job) -> None:
    """Makes an update that changes no weight."""
    try:
        learner.update([learner.fit(epoch.batch(ids)) for ids in batches], step=1, lr=0.0)
    except (ArithmeticError, MemoryError, RuntimeError) as error:
        failure = explain(error, epoch, batches, TrainingState(), job.memory_hint)
        raise failure or error from None


def _area(size: tuple[int, int]) -> int:
    return size[0] * size[1]


def _no_validation(model: Seq2Seq) -> Validation:
    raise NmtError("an estimate validates nothing")
