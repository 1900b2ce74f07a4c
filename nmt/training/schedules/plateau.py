"""Lower the rate when validations stop getting better."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, NonNegativeFloat, PositiveInt

from nmt.training.schedules.schedule import Progress, Schedule


class Plateau(Schedule, name="plateau"):
    """factor = max(min_share, `factor`^n) after n times `patience` validations in a row without a better metric."""

    class Config(Schedule.Config):
        """Settings of the plateau schedule."""

        factor: Annotated[float, Field(gt=0, lt=1)] = 0.5
        """What the rate is multiplied by each time."""

        patience: PositiveInt = 2
        """Validations in a row without a better metric before the rate is lowered."""

        min_share: NonNegativeFloat = 0.0
        """Share of the optimizer's rate below which the rate is not lowered."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def factor(self, progress: Progress) -> float:
        best, waited, reductions = float("-inf"), 0, 0
        for score in progress.scores:
            waited = 0 if score > best else waited + 1
            best = max(best, score)
            if waited == self.config.patience:
                waited, reductions = 0, reductions + 1
        return max(self.config.factor**reductions, self.config.min_share)
