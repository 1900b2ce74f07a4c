"""The contract of an optimizer."""

from __future__ import annotations

from pydantic import PositiveFloat

from nmt.config.component import Component, ComponentConfig


class Optimizer(Component, family="optimizer"):
    """A member is also a torch optimizer and is made with `parameters: list[Parameter]`.

    Its state must be tensors. The trainer sets the `lr` of its groups before every step.
    """

    class Config(ComponentConfig):
        """Settings of an optimizer."""

        lr: PositiveFloat = 1e-3
        """Learning rate, multiplied by the schedule's factor."""
