"""Adadelta."""

from __future__ import annotations

import torch
from pydantic import PositiveFloat
from torch.nn import Parameter

from nmt.training.optimizers.adam import Decay
from nmt.training.optimizers.optimizer import Optimizer


class Adadelta(Optimizer, torch.optim.Adadelta, name="adadelta"):
    """theta -= lr g RMS(previous updates) / RMS(gradients)      Zeiler 2012, alg. 1.

    The defaults of rho and eps are those of Bahdanau et al. 2014, B.2.
    """

    class Config(Optimizer.Config):
        """Settings of Adadelta."""

        lr: PositiveFloat = 1.0
        """Learning rate, multiplied by the schedule's factor. The papers have none, which is 1."""

        rho: Decay = 0.95
        """Decay of both running mean squares."""

        eps: PositiveFloat = 1e-6
        """Added to both mean squares."""

    def __init__(self, config: Config, *, parameters: list[Parameter]) -> None:
        super().__init__(parameters, lr=config.lr, rho=config.rho, eps=config.eps)
