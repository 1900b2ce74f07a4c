"""Halve the rate every epoch from some epoch on."""

from __future__ import annotations

from pydantic import PositiveInt

from nmt.training.schedules.schedule import Progress, Schedule


class Halving(Schedule, name="halving"):
    """factor = 1 up to epoch `start_epoch`, then half as much every `every` epochs      Luong et al. 2015, 4.1."""

    class Config(Schedule.Config):
        """Settings of the halving schedule."""

        start_epoch: PositiveInt = 5
        """Epochs at the full rate; the next one has half of it. Luong et al.: 5 of 10, with dropout 8 of 12."""

        every: PositiveInt = 1
        """Epochs between two halvings."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def factor(self, progress: Progress) -> float:
        epochs_below = progress.epoch - self.config.start_epoch
        return 1.0 if epochs_below <= 0 else 0.5 ** ((epochs_below - 1) // self.config.every + 1)
