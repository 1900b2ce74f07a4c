"""The metrics lines of a run: what is measured between two of them, and where they go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from nmt.training.config import TrainConfig
from nmt.training.learner import Update
from nmt.training.metrics import Line, MetricsLog
from nmt.training.state import TrainingState
from nmt.training.tensorboard import TensorBoardLog
from nmt.training.validation import Validation


class Journal:
    """Writes one training line every `log_every` updates and one line a validation.

    Training lines give the unsmoothed loss in nats a target token and the speed, without validation, over the updates
    since the line before; `grad_norm` and `lr` are those of the last update. `seconds` is the time spent so far. Of
    several processes only one is `active`; of the others nothing is written.
    """

    def __init__(
        self, run: Path, config: TrainConfig, state: TrainingState, warn: Callable[[str], None], active: bool = True
    ) -> None:
        self._log_every = config.log_every
        self._logs: list[MetricsLog | TensorBoardLog] = []
        if active:
            self._logs.append(MetricsLog(run / "metrics.jsonl", state, warn))
        if active and config.tensorboard:
            self._logs.append(TensorBoardLog(run / "tensorboard", state.step + 1))
        self._start_over()

    @property
    def tokens_per_s(self) -> float:
        """Target tokens a second since the last training line."""
        return self._tokens / self._seconds if self._seconds else 0.0

    def add_update(self, state: TrainingState, update: Update, seconds: float) -> None:
        """Takes in an update that took `seconds`."""
        if self._is_written:
            self._start_over()
        self._nll += update.loss * update.tokens
        self._tokens += update.tokens
        self._seconds += seconds
        if state.step % self._log_every == 0:
            loss, speed = self._nll / self._tokens, round(self.tokens_per_s, 1)
            line: Line = {"split": "train", "loss": loss, "grad_norm": update.norm, "target_tokens_per_s": speed}
            self._write(state, line)
            self._is_written = True

    def add_validation(self, state: TrainingState, validation: Validation) -> None:
        """Writes a validation line."""
        self._write(state, {"split": "valid", **asdict(validation)})

    def close(self) -> None:
        """Closes all files."""
        for log in self._logs:
            log.close()

    def _write(self, state: TrainingState, measured: Line) -> None:
        place: Line = {"step": state.step, "epoch": state.epoch}
        line = place | measured | {"lr": state.lr, "seconds": round(state.seconds, 1)}
        for log in self._logs:
            log.write(line)

    def _start_over(self) -> None:
        self._nll, self._seconds, self._tokens, self._is_written = 0.0, 0.0, 0, False
