"""How the share of reference words falls in scheduled sampling."""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import exp
from typing import Annotated

from pydantic import Field, NonNegativeFloat

from nmt.config.component import Component, ComponentConfig

Share = Annotated[float, Field(ge=0, le=1)]
LARGEST_EXPONENT = 700.0


class Decay(Component, ABC, family="decay"):
    """The probability of a reference word as a function of the update i, counted from 0."""

    class Config(ComponentConfig):
        """Settings of a decay."""

    @abstractmethod
    def share(self, i: int) -> float:
        """epsilon_i, 0 to 1."""


class LinearDecay(Decay, name="linear"):
    """epsilon_i = max(minimum, start - slope * i)      Bengio et al. 2015, section 2.4."""

    class Config(Decay.Config):
        """Settings of the straight line."""

        start: Share = 1.0
        """The paper's k."""

        slope: NonNegativeFloat = 1e-5
        """The paper's c: what is lost an update."""

        minimum: Share = 0.0
        """The paper's epsilon."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def share(self, i: int) -> float:
        return max(self.config.minimum, self.config.start - self.config.slope * i)


class ExponentialDecay(Decay, name="exponential"):
    """epsilon_i = k^i      Bengio et al. 2015, section 2.4."""

    class Config(Decay.Config):
        """Settings of the exponential."""

        k: Annotated[float, Field(ge=0, lt=1)] = 0.9999
        """What the share is multiplied by at each update."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def share(self, i: int) -> float:
        return self.config.k**i


class InverseSigmoidDecay(Decay, name="inverse_sigmoid"):
    """epsilon_i = k / (k + exp(i / k))      Bengio et al. 2015, section 2.4."""

    class Config(Decay.Config):
        """Settings of the inverse sigmoid."""

        k: Annotated[float, Field(ge=1)] = 2000.0
        """How slowly the share falls: it is one half at i = k log k."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def share(self, i: int) -> float:
        k = self.config.k
        return k / (k + exp(min(i / k, LARGEST_EXPONENT)))
