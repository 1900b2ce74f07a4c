"""The contract of an optimizer."""

from __future__ import annotations

from inspect import unwrap
from typing import Any

import torch
from pydantic import PositiveFloat

from nmt.config.component import Component, ComponentConfig


class Optimizer(Component, torch.optim.Optimizer, family="optimizer"):
    """A member inherits from one of torch's optimizers too and is made with `parameters: list[Parameter]`.

    Its state must be tensors. The trainer sets the `lr` of its groups before every step.
    """

    class Config(ComponentConfig):
        """Settings of an optimizer."""

        lr: PositiveFloat = 1e-3
        """Learning rate, multiplied by the schedule's factor."""

    # torch wraps these to hide them from torch.compile, and loads it to do so: two seconds before every training
    add_param_group = unwrap(torch.optim.Optimizer.add_param_group)
    state_dict = unwrap(torch.optim.Optimizer.state_dict)
    load_state_dict = unwrap(torch.optim.Optimizer.load_state_dict)
    zero_grad = unwrap(torch.optim.Optimizer.zero_grad)

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Changes the weights by their gradients."""
        return unwrap(super().step)(self, closure)
