"""The contract of an encoder.

B sentences, S source positions, E embedding width, D width of a source state (all directions), L layers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

from torch import Tensor, nn

from nmt.config.component import Component, ComponentConfig
from nmt.nn.cell_tape import State


class Encoded(NamedTuple):
    """What a bridge and a decoder may use of the source.

    final: for each layer the last state in reading order, (h_BD,) or (h_BD, c_BD); where the encoder is bidirectional
    the forward state (read to the last word) comes first and the backward state (read to the first word) second.
    An encoder that reads in no order gives a summary in its place, and says which.
    """

    states_BSD: Tensor
    mask_BS: Tensor
    final: tuple[State, ...]


class EncoderShape(NamedTuple):
    """Sizes that others depend on: `dim` is D, `states` the tensors of a cell's state (GRU 1, LSTM 2)."""

    dim: int
    layers: int
    states: int
    directions: int


class Encoder(nn.Module, Component, ABC, family="encoder"):
    """Made with `input_dim` E; tells its `shape`."""

    shape: EncoderShape

    class Config(ComponentConfig):
        """Settings of an encoder."""

    @abstractmethod
    def forward(self, x_BSE: Tensor, len_B: Tensor) -> Encoded:
        """Encodes embedded sources of the given lengths; what stands after a sentence's end has no influence."""
