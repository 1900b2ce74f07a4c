"""A learned layer between encoder and decoder. B sentences, D encoder width, H decoder width, L decoder layers."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from nmt.bridges.bridge import Bridge
from nmt.encoders.encoder import Encoded, EncoderShape
from nmt.errors import ConfigError
from nmt.nn.cell_tape import State
from nmt.nn.linear import Linear
from nmt.nn.masks import mean_over
from nmt.nn.stack import StackShape


class Dense(Bridge, name="dense"):
    """s_0 = tanh(W_s h + b), one W_s for each state of each decoder layer.

    source `backward`: h is the top layer's backward state at the first word, Bahdanau et al. 2014, A.2.2;
    `final`: the last states of all directions; `mean`: the mean of all states (Sennrich et al. 2017, eq. 1).
    """

    class Config(Bridge.Config):
        """Settings of the dense bridge."""

        source: Literal["backward", "final", "mean"] = "final"
        """What of the encoder it reads."""

    def __init__(self, config: Config, *, encoder: EncoderShape, decoder: StackShape) -> None:
        super().__init__()
        if config.source == "backward" and encoder.directions != 2:
            raise ConfigError(
                "model.bridge.source: backward needs an encoder whose top layer is bidirectional; use final or mean"
            )
        self.source, self.decoder = config.source, decoder
        width = encoder.dim // 2 if config.source == "backward" else encoder.dim
        self.layers = nn.ModuleList(Linear(width, decoder.dim) for _ in range(decoder.layers * decoder.states))

    def forward(self, encoded: Encoded) -> tuple[State, ...]:
        summary_BD = self._summary(encoded)
        states = [torch.tanh(layer(summary_BD)) for layer in self.layers]
        count = self.decoder.states
        return tuple(tuple(states[i : i + count]) for i in range(0, len(states), count))

    def _summary(self, encoded: Encoded) -> Tensor:
        if self.source == "mean":
            return mean_over(encoded.states_BSD, encoded.mask_BS)
        top_BD = encoded.final[-1][0]
        return top_BD.chunk(2, -1)[1] if self.source == "backward" else top_BD
