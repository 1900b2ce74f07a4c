"""Stochastic gradient descent."""

from __future__ import annotations

import torch
from pydantic import PositiveFloat
from torch.nn import Parameter

from nmt.training.optimizers.adam import Decay
from nmt.training.optimizers.optimizer import Optimizer


class SGD(Optimizer, torch.optim.SGD, name="sgd"):
    """theta -= lr b, b = momentum b + g      plain SGD with learning rate 1 is that of Luong et al. 2015, 4.1."""

    class Config(Optimizer.Config):
        """Settings of SGD."""

        lr: PositiveFloat = 1.0
        """Learning rate, multiplied by the schedule's factor."""

        momentum: Decay = 0.0
        """Share of the previous direction that is kept."""

    def __init__(self, config: Config, *, parameters: list[Parameter]) -> None:
        super().__init__(parameters, lr=config.lr, momentum=config.momentum, fused=True)
