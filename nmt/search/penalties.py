"""Length penalties: what a log-probability is divided by before hypotheses of different length are compared."""

from __future__ import annotations

from abc import ABC, abstractmethod

from pydantic import Field

from nmt.config.component import Component, ComponentConfig


class LengthPenalty(Component, ABC, family="length_penalty"):
    """score = logprob / penalty(length), length being the number of target tokens with EOS."""

    class Config(ComponentConfig):
        """Settings of a length penalty."""

    def __init__(self, config: Config) -> None:
        self.config = config

    @abstractmethod
    def __call__(self, length: int) -> float:
        """A positive number that does not fall with length."""


class NoPenalty(LengthPenalty, name="none"):
    """score = logprob."""

    def __call__(self, length: int) -> float:
        return 1.0


class AveragePenalty(LengthPenalty, name="average"):
    """score = logprob / length      Cho et al. 2014b."""

    def __call__(self, length: int) -> float:
        return float(length)


class GNMTPenalty(LengthPenalty, name="gnmt"):
    """score = logprob / ((5 + length) / 6)^alpha      Wu et al. 2016, eq. 14."""

    class Config(LengthPenalty.Config):
        """Settings of GNMT's penalty."""

        alpha: float = Field(default=1.0, ge=0)
        """Strength; 0 is none."""

    def __call__(self, length: int) -> float:
        return ((5 + length) / 6) ** self.config.alpha  # type: ignore[attr-defined]
