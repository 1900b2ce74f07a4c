"""How much training there is to do."""

from __future__ import annotations

from dataclasses import dataclass

from nmt.training.config import TrainConfig


@dataclass(frozen=True)
class Spent:
    """Updates, epochs (with the share of the current one) and seconds used up."""

    steps: int
    epochs: float
    seconds: float


class Budget:
    """The limits of a config; several may be given, and the first one reached ends training."""

    def __init__(self, config: TrainConfig) -> None:
        self._config = config

    def used(self, spent: Spent) -> float:
        """Share of the budget, 1 when training is over."""
        return max(self._counted(spent), self._timed(spent))

    def planned(self, spent: Spent) -> float:
        """The share that schedules see: by steps and epochs, and by time only if there is no other limit."""
        by_count = self._config.max_steps is not None or self._config.max_epochs is not None
        return min(1.0, self._counted(spent) if by_count else self._timed(spent))

    def _counted(self, spent: Spent) -> float:
        steps, epochs = self._config.max_steps, self._config.max_epochs
        return max(spent.steps / steps if steps else 0.0, spent.epochs / epochs if epochs else 0.0)

    def _timed(self, spent: Spent) -> float:
        minutes = self._config.max_minutes
        return spent.seconds / 60 / minutes if minutes else 0.0
