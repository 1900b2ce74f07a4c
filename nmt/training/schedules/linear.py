"""A straight line down over the budget."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, NonNegativeInt

from nmt.training.schedules.schedule import Progress, Schedule, ramp


class Linear(Schedule, name="linear"):
    """factor = min(1, step / warmup) (1 up to `hold` of the budget, then in a straight line to `final` at its end).

    The budget includes the warm-up; see `Progress.fraction`.
    """

    class Config(Schedule.Config):
        """Settings of the linear schedule."""

        warmup_steps: NonNegativeInt = 0
        """Updates over which the rate rises from 0 in a straight line."""

        hold: Annotated[float, Field(ge=0, lt=1)] = 0.0
        """Share of the budget before the rate begins to fall."""

        final: Annotated[float, Field(ge=0, le=1)] = 0.0
        """Share of the optimizer's rate at the end of the budget."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def factor(self, progress: Progress) -> float:
        fallen = max(0.0, progress.fraction - self.config.hold) / (1 - self.config.hold)
        return ramp(progress.step, self.config.warmup_steps) * (1 - fallen * (1 - self.config.final))
