"""Recurrent encoders: RNNenc, and the bidirectional RNN of RNNsearch.

B sentences, S source positions, E embedding width, H width of one direction, D = directions * H.
"""

from __future__ import annotations

import torch
from pydantic import Field, PositiveInt
from torch import Tensor, nn

from nmt.encoders.encoder import Encoded, Encoder, EncoderShape
from nmt.nn.cell import Cell
from nmt.nn.cell_tape import State
from nmt.nn.dropout import Dropout
from nmt.nn.gru import ResetGate
from nmt.nn.masks import length_mask, reorder, reversal_index
from nmt.nn.stack import CellType, make_cell, zero_state


class RNNEncoder(Encoder, name="rnn"):
    """h_j = [forward h_j; backward h_j]      Bahdanau et al. 2014, section 3.2 and A.1.1.

    Every direction is a padded RNN, the backward one on inputs reversed by length.
    """

    class Config(Encoder.Config):
        """Settings of the recurrent encoder."""

        cell: CellType = "gru"
        """gru or lstm."""
        reset_gate: ResetGate = "after"
        """GRU only: `before` the recurrent product as in the papers, or `after` it as in PyTorch (faster)."""
        layers: int = Field(default=1, ge=1, le=100)
        """Number of layers."""
        dim: PositiveInt = 512
        """Width of one direction."""
        bidirectional: bool = True
        """Read the source in both directions; each layer reads both directions of the layer below."""
        dropout: float = Field(default=0.0, ge=0, lt=1)
        """Dropout between layers and on the states that attention reads."""
        variational: bool = False
        """One dropout mask a sentence instead of one a position (Gal and Ghahramani 2016)."""
        residual: bool = False
        """Add the input of each layer from the second on to its output."""
        reverse_source: bool = False
        """Read the words of the source from last to first (Sutskever et al. 2014); EOS stays last."""

    def __init__(self, config: Config, *, input_dim: int) -> None:
        super().__init__()
        self.config = config
        directions = 2 if config.bidirectional else 1
        dim = directions * config.dim
        widths = [input_dim] + [dim] * (config.layers - 1)
        self.cells = nn.ModuleList(
            make_cell(config.cell, width, config.dim, config.reset_gate) for width in widths for _ in range(directions)
        )
        self.shape = EncoderShape(dim, config.layers, 1 if config.cell == "gru" else 2, directions)
        self.dropout = Dropout(config.dropout, config.variational)

    def forward(self, x_BSE: Tensor, len_B: Tensor) -> Encoded:
        mask_BS = length_mask(len_B, x_BSE.size(1))
        words_BS = reversal_index(len_B - 1, x_BSE.size(1)) if self.config.reverse_source else None
        x_BSF = x_BSE if words_BS is None else reorder(x_BSE, words_BS)
        backward_BS = reversal_index(len_B, x_BSE.size(1))
        directions = self.shape.directions
        final: list[State] = []
        for layer in range(self.shape.layers):
            x_BSF = self.dropout(x_BSF) if layer else x_BSF
            runs = [self._run(layer * directions, x_BSF, len_B)]
            if directions == 2:
                h_BSH, last = self._run(layer * 2 + 1, reorder(x_BSF, backward_BS), len_B)
                runs.append((reorder(h_BSH, backward_BS), last))
            h_BSD = torch.cat([h_BSH for h_BSH, _ in runs], -1)
            x_BSF = h_BSD + x_BSF if self.config.residual and layer else h_BSD
            final.append(tuple(torch.cat(parts_BH, -1) for parts_BH in zip(*(last for _, last in runs), strict=True)))
        states_BSD = x_BSF if words_BS is None else reorder(x_BSF, words_BS)
        return Encoded(self.dropout(states_BSD), mask_BS, tuple(final))

    def _run(self, index: int, x_BSF: Tensor, len_B: Tensor) -> tuple[Tensor, State]:
        """One direction of one layer: h_BSH, and the state after the last word that it reads."""
        cell = self.cells[index]
        assert isinstance(cell, Cell)
        return cell.run(x_BSF, zero_state(cell, x_BSF[:, 0]), len_B)
