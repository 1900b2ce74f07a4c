"""Adam."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat
from torch.nn import Parameter

from nmt.training.optimizers.optimizer import Optimizer

Decay = Annotated[float, Field(ge=0, lt=1)]


class AdamConfig(Optimizer.Config):
    """Settings that Adam and AdamW share."""

    beta1: Decay = 0.9
    """Decay of the mean of gradients."""

    beta2: Decay = 0.999
    """Decay of the mean of squared gradients."""

    eps: PositiveFloat = 1e-8
    """Added to the root of the mean square."""

    @property
    def betas(self) -> tuple[float, float]:
        """Both decays, as torch takes them."""
        return self.beta1, self.beta2


class Adam(Optimizer, torch.optim.Adam, name="adam"):
    """theta -= lr m^ / (sqrt(v^) + eps)      Kingma and Ba 2015, alg. 1.

    m^ and v^ are bias-corrected running means of the gradient and of its square.
    """

    class Config(AdamConfig):
        """Settings of Adam."""

        weight_decay: NonNegativeFloat = 0.0
        """L2 penalty: this share of each weight is added to its gradient."""

    def __init__(self, config: Config, *, parameters: list[Parameter]) -> None:
        decay = config.weight_decay
        super().__init__(parameters, config.lr, config.betas, config.eps, weight_decay=decay, fused=True)
