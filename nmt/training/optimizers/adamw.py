"""AdamW."""

from __future__ import annotations

import torch
from pydantic import NonNegativeFloat
from torch.nn import Parameter

from nmt.training.optimizers.adam import AdamConfig
from nmt.training.optimizers.optimizer import Optimizer


class AdamW(Optimizer, torch.optim.AdamW, name="adamw"):
    """Adam that also shrinks every weight by lr * weight_decay at each step      Loshchilov and Hutter 2019, alg. 2."""

    class Config(AdamConfig):
        """Settings of AdamW."""

        weight_decay: NonNegativeFloat = 0.01
        """Share of each weight, times the learning rate, that is taken off at each step."""

    def __init__(self, config: Config, *, parameters: list[Parameter]) -> None:
        decay = config.weight_decay
        super().__init__(parameters, config.lr, config.betas, config.eps, weight_decay=decay, fused=True)
