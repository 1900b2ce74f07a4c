"""One line for each way in which an update or a validation can fail."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from nmt.data.epochs import Epoch
from nmt.errors import NmtError, is_out_of_memory
from nmt.training.checkpoint_files import saved, step_of
from nmt.training.learner import NonFiniteError
from nmt.training.state import TrainingState

MOST_LINES = 10


def explain(
    error: Exception, epoch: Epoch, batches: Sequence[list[int]], state: TrainingState, memory_hint: str
) -> NmtError | None:
    """The failure of the update after `state` as a message for the user; None if it is of no known kind."""
    step = state.step + 1
    if isinstance(error, NonFiniteError):
        return NmtError(f"{error} at step {step} (epoch {state.epoch}); sentences in {_lines(epoch, batches)}")
    if is_out_of_memory(error):
        sentences, length = max(map(epoch.padded_size, batches), key=lambda size: size[0] * size[1])
        return NmtError(f"out of memory at step {step}: batch of {sentences} x {length} tokens; {memory_hint}")
    return None


def explain_validation(error: Exception, state: TrainingState, memory_hint: str) -> NmtError | None:
    """The failure of the validation of `state` as a message for the user; None if it is of no known kind."""
    if is_out_of_memory(error):
        return NmtError(f"out of memory in the validation at step {state.step}; {memory_hint}")
    return None


def kept(run: Path) -> str:
    """Which weights are safe."""
    paths = saved(run)
    return f"weights of step {step_of(paths[0])} kept" if paths else "no checkpoint was saved yet"


def _lines(epoch: Epoch, batches: Sequence[list[int]]) -> str:
    lines = sorted(epoch.corpus.line[i] for i in chain.from_iterable(batches))
    more = f" and {len(lines) - MOST_LINES} more" if len(lines) > MOST_LINES else ""
    return f"lines {', '.join(map(str, lines[:MOST_LINES]))}{more}"
