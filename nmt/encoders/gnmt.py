"""GNMT's encoder: one layer in both directions, the others in one.

B sentences, S source positions, E embedding width, H width of an LSTM, D = H.
"""

from __future__ import annotations

import torch
from pydantic import Field, PositiveInt
from torch import Tensor

from nmt.encoders.encoder import Encoded, Encoder, EncoderShape
from nmt.nn.dropout import Dropout
from nmt.nn.lstm import LSTM
from nmt.nn.masks import length_mask, reorder, reversal_index
from nmt.nn.residual_lstms import ResidualLSTMs
from nmt.nn.stack import zero_state


class GNMTEncoder(Encoder, name="gnmt"):
    """x^1_t = [forward LSTM; backward LSTM];  x^2 = LSTM_2(x^1);  x^l = LSTM_l(x^{l-1}) + x^{l-1} for l > 2

    Wu et al. 2016, section 3, figures 1 and 3, eq. 5 and 6: the bottom layer is bidirectional, residual connections
    start from the third layer. The paper has 8 layers; TensorFlow's NMT tutorial 4 and 8.

    The last state of the bottom layer, for a bridge, is that of its backward LSTM, as in the tutorial.
    """

    class Config(Encoder.Config):
        """Settings of GNMT's encoder."""

        layers: int = Field(default=4, ge=2, le=100)
        """Number of layers, the bidirectional one among them."""
        dim: PositiveInt = 512
        """Width of each LSTM, also of each direction of the bottom layer."""
        dropout: float = Field(default=0.0, ge=0, lt=1)
        """Dropout on the input of every layer but the first and on the states that attention reads."""
        variational: bool = False
        """One dropout mask a sentence instead of one a position (Gal and Ghahramani 2016)."""

    def __init__(self, config: Config, *, input_dim: int) -> None:
        super().__init__()
        self.dropout = Dropout(config.dropout, config.variational)
        self.forward_cell, self.backward_cell = LSTM(input_dim, config.dim), LSTM(input_dim, config.dim)
        self.upper = ResidualLSTMs(config.layers - 1, 2 * config.dim, config.dim, self.dropout)
        self.shape = EncoderShape(config.dim, config.layers, LSTM.states, directions=1)

    def forward(self, x_BSE: Tensor, len_B: Tensor) -> Encoded:
        backward_BS = reversal_index(len_B, x_BSE.size(1))
        zero = zero_state(self.forward_cell, x_BSE[:, 0])
        forward_BSH, _ = self.forward_cell.run(x_BSE, zero, len_B)
        backward_BSH, backward = self.backward_cell.run(reorder(x_BSE, backward_BS), zero, len_B)
        bottom_BSI = torch.cat([forward_BSH, reorder(backward_BSH, backward_BS)], -1)
        top_BSD, upper = self.upper.unroll(bottom_BSI, None, self.upper.start(x_BSE[:, 0]), len_B)
        return Encoded(self.dropout(top_BSD), length_mask(len_B, x_BSE.size(1)), (backward, *upper))
