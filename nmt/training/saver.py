"""When a checkpoint cannot be written, and what is kept when it is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from torch import Tensor
from torch.nn import Module

from nmt.errors import UserError
from nmt.training.checkpoint import Checkpoint, SaveError, best_valid, save_checkpoint, show_size
from nmt.training.checkpoint_files import by_score, link, prune, saved, step_of
from nmt.training.config import TrainConfig
from nmt.training.learner import Learner
from nmt.training.state import TrainingState

MOST_FAILURES = 3

Snapshot = tuple[TrainingState, dict[str, Tensor], dict[str, Tensor]]


class Saver:
    """Saves the state of training, moves the links `best` and `last` and deletes what is no longer needed.

    Of several processes only one is `active`; of the others nothing is written.
    """

    def __init__(self, run: Path, keep: int, warn: Callable[[str], None], active: bool = True) -> None:
        self.run = run
        self.keep = keep
        self._warn = warn
        self._active = active
        self._failures = 0
        self._newest: tuple[int, int] | None = None
        self._owed: Snapshot | None = None

    def save(self, state: TrainingState, learner: Learner, *, must: bool) -> None:
        """Saves, unless this very state was saved last.

        A failing disk is a warning and training goes on to the next save. The best state that could not be saved is
        kept in memory and saved before the next one, so that the end is that of a training whose disk did not fail.

        Errors: NmtError at the third failure in a row or if `must`; if a weight is NaN.
        """
        if not self._active or self._newest == (state.step, len(state.scores)):
            return
        try:
            if self._owed is not None:
                save_checkpoint(self.run, *self._owed)
                self._owed = None
            save_checkpoint(self.run, state, *learner.tensors())
        except SaveError as error:
            if state.is_validated() and state.waited() == 0:
                self._owed = _snapshot(state, learner)
            self._failures += 1
            if must or self._failures == MOST_FAILURES:
                raise
            self._warn(f"{error}; training goes on")
            return
        self._failures = 0
        self._newest = (state.step, len(state.scores))
        self.set_links(state)
        prune(self.run, newest=state.step, best=best_saved(self.run, state), keep=self.keep)

    def set_links(self, state: TrainingState) -> None:
        """Makes the links right, `state` being that of the newest good checkpoint."""
        best = best_saved(self.run, state)
        self._link("last", state.step)
        if best is not None:
            self._link("best", best)

    def best(self, state: TrainingState) -> Checkpoint:
        """At the end of training: the checkpoint with the best score in `state`, in place of one that was damaged since
        then the next best one. Links and what is kept follow it. Errors: CheckpointError if all are damaged."""
        best = best_valid(self.run, state, self._warn)
        self._link("best", best.state.step)
        if self._active:
            prune(self.run, newest=state.step, best=best.state.step, keep=self.keep)
        return best

    def _link(self, name: str, step: int) -> None:
        if not self._active:
            return
        try:
            link(self.run, name, step)
        except OSError as error:
            where = self.run / "checkpoints" / name
            self._warn(f"cannot set the link {where} ({error.strerror or error}); training goes on")


def require_space(run: Path, config: TrainConfig, model: Module) -> None:
    """Errors: UserError if the disk cannot hold the checkpoints still to come, with two moments a weight."""
    copies = 3 if config.ema is None else 4
    each = copies * sum(parameter.nbytes for parameter in model.parameters())
    needed = each * max(1, config.keep_checkpoints + 2 - len(saved(run)))
    there = next(path for path in (run, *run.absolute().parents) if path.exists())
    disk = shutil.disk_usage(there)
    if disk.total > 0 and disk.free < needed:
        sizes = f"about {show_size(needed)} in {run}, {show_size(disk.free)} are free"
        raise UserError(
            f"train.keep_checkpoints {config.keep_checkpoints} needs {sizes}; "
            f"lower it, or choose another folder with --run"
        )


def _snapshot(state: TrainingState, learner: Learner) -> Snapshot:
    copies = [{name: tensor.to("cpu", copy=True) for name, tensor in part.items()} for part in learner.tensors()]
    return TrainingState.from_json(state.to_json()), copies[0], copies[1]


def best_saved(run: Path, state: TrainingState) -> int | None:
    """Step of the best validation among those whose checkpoint exists."""
    ranked = by_score(run, state.scores)
    return step_of(ranked[0]) if ranked else None
