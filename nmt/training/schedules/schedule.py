"""The contract of a learning-rate schedule."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from nmt.config.component import Component, ComponentConfig


@dataclass(frozen=True)
class Progress:
    """How far training is when an update is about to be made. It holds all that a schedule may depend on."""

    step: int
    """Number of the update, from 1."""

    epoch: int
    """Number of the epoch, from 1."""

    fraction: float
    """Share of the budget used up before this update, 0 to 1: the larger of the shares of `max_steps` and `max_epochs`.
    With `max_minutes` alone it is the share of the time, and then the weights depend on the speed of the machine."""

    scores: Sequence[float]
    """The metric of every validation so far; higher is better."""


class Schedule(Component, ABC, family="schedule"):
    """A function of `Progress` alone, so a schedule has no state to save."""

    class Config(ComponentConfig):
        """Settings of a schedule."""

    @abstractmethod
    def factor(self, progress: Progress) -> float:
        """What the optimizer's learning rate is multiplied by for this update."""


def ramp(step: int, warmup_steps: int) -> float:
    """min(1, step / warmup_steps); 1 without warm-up."""
    return 1.0 if step >= warmup_steps else step / warmup_steps
