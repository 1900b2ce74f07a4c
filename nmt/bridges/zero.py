"""Zero states."""

from __future__ import annotations

from nmt.bridges.bridge import Bridge
from nmt.encoders.encoder import Encoded, EncoderShape
from nmt.nn.cell_tape import State
from nmt.nn.stack import StackShape


class Zero(Bridge, name="zero"):
    """s_0 = 0."""

    def __init__(self, config: Bridge.Config, *, encoder: EncoderShape, decoder: StackShape) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(self, encoded: Encoded) -> tuple[State, ...]:
        zero_BH = encoded.states_BSD.new_zeros(len(encoded.states_BSD), self.decoder.dim)
        return ((zero_BH,) * self.decoder.states,) * self.decoder.layers
