"""Half a cosine over the budget."""

from __future__ import annotations

from math import cos, pi
from typing import Annotated

from pydantic import Field, NonNegativeInt

from nmt.training.schedules.schedule import Progress, Schedule, ramp


class Cosine(Schedule, name="cosine"):
    """factor = min(1, step / warmup) (final + (1 - final) (1 + cos(pi fraction)) / 2).

    `fraction` is the share of the budget used up (see `Progress.fraction`), warm-up included. Loshchilov and Hutter
    2017, eq. 5, without restarts.
    """

    class Config(Schedule.Config):
        """Settings of the cosine schedule."""

        warmup_steps: NonNegativeInt = 0
        """Updates over which the rate rises from 0 in a straight line."""

        final: Annotated[float, Field(ge=0, le=1)] = 0.0
        """Share of the optimizer's rate at the end of the budget."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def factor(self, progress: Progress) -> float:
        final = self.config.final
        decay = final + (1 - final) * (1 + cos(pi * progress.fraction)) / 2
        return ramp(progress.step, self.config.warmup_steps) * decay
