"""When a checkpoint cannot be written, and what is kept when it is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from nmt.errors import UserError
from nmt.training.checkpoint import SaveError, save_checkpoint
from nmt.training.checkpoint_files import folder_of, link, prune, saved
from nmt.training.learner import Learner
from nmt.training.state import TrainingState

MOST_FAILURES = 3


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

    def save(self, state: TrainingState, learner: Learner, *, must: bool) -> None:
        """Saves, unless this very state was saved last.

        A failing disk is a warning and training goes on to the next save.

        Errors: NmtError at the third failure in a row or if `must`; if a weight is NaN.
        """
        if not self._active or self._newest == (state.step, len(state.scores)):
            return
        try:
            save_checkpoint(self.run, state, *learner.tensors())
        except SaveError as error:
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
        if not self._active:
            return
        best = best_saved(self.run, state)
        try:
            link(self.run, "last", state.step)
            if best is not None:
                link(self.run, "best", best)
        except OSError as error:
            self._warn(
                f"cannot set the links in {self.run / 'checkpoints'} ({error.strerror or error}); training goes on"
            )

    def require_space(self, learner: Learner) -> None:
        """Errors: UserError if the disk cannot hold the checkpoints still to come, with two moments a weight."""
        copies = 3 if learner.average is None else 4
        each = copies * sum(parameter.nbytes for parameter in learner.model.parameters())
        needed = each * max(1, self.keep + 2 - len(saved(self.run)))
        free = shutil.disk_usage(self.run).free
        if free < needed:
            sizes = f"about {needed / 1e6:.0f} MB in {self.run}, {free / 1e6:.0f} MB are free"
            raise UserError(f"train.keep {self.keep} needs {sizes}")


def best_saved(run: Path, state: TrainingState) -> int | None:
    """Step of the best validation, the earliest if several are equal, among those whose checkpoint exists."""
    there = [(step, score) for step, score in state.scores if folder_of(run, step).is_dir()]
    return max(there, key=lambda entry: entry[1])[0] if there else None
