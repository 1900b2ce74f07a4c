"""The contract of a bridge. B sentences, D encoder width, H decoder width, L decoder layers."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import nn

from nmt.config.component import Component, ComponentConfig
from nmt.encoders.encoder import Encoded
from nmt.nn.cell_tape import State


class Bridge(nn.Module, Component, ABC, family="bridge"):
    """Made with the shapes of both sides: `encoder: EncoderShape`, `decoder: StackShape`."""

    class Config(ComponentConfig):
        """Settings of a bridge."""

    @abstractmethod
    def forward(self, encoded: Encoded) -> tuple[State, ...]:
        """The first state of each decoder layer, (h_BH,) or (h_BH, c_BH)."""
