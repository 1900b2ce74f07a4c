"""Warm-up, then the inverse square root of the step."""

from __future__ import annotations

from pydantic import PositiveInt

from nmt.training.schedules.schedule import Progress, Schedule


class InverseSqrt(Schedule, name="inverse_sqrt"):
    """factor = min(step / warmup, sqrt(warmup / step))      Vaswani et al. 2017, eq. 3, scaled to 1 at its peak."""

    class Config(Schedule.Config):
        """Settings of the inverse square root schedule."""

        warmup_steps: PositiveInt = 4000
        """Updates until the peak, which is the optimizer's rate."""

    def __init__(self, config: Config) -> None:
        self.warmup_steps = config.warmup_steps

    def factor(self, progress: Progress) -> float:
        return min(progress.step / self.warmup_steps, (self.warmup_steps / progress.step) ** 0.5)
