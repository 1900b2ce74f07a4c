"""The encoder's last states, layer by layer."""

from __future__ import annotations

from nmt.bridges.bridge import Bridge
from nmt.encoders.encoder import Encoded, EncoderShape
from nmt.errors import ConfigError
from nmt.nn.cell_tape import State
from nmt.nn.stack import StackShape


class Copy(Bridge, name="copy"):
    """s_0 of layer l = the encoder's last state of layer l, both directions side by side      Sutskever et al. 2014."""

    def __init__(self, config: Bridge.Config, *, encoder: EncoderShape, decoder: StackShape) -> None:
        super().__init__()
        have = StackShape(encoder.layers, encoder.dim, encoder.states)
        if have != decoder:
            raise ConfigError(
                f"model.bridge: copy needs encoder and decoder of the same layers, width (encoder: all directions "
                f"together) and cell, not {have} and {decoder}; use dense"
            )

    def forward(self, encoded: Encoded) -> tuple[State, ...]:
        return encoded.final
