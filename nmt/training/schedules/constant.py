"""The same rate throughout."""

from __future__ import annotations

from nmt.training.schedules.schedule import Progress, Schedule


class Constant(Schedule, name="constant"):
    """factor = 1."""

    def __init__(self, config: Schedule.Config) -> None:
        pass

    def factor(self, progress: Progress) -> float:
        return 1.0
