"""Layers with residual connections that all see one more input beside the layer below.

B sentences, T steps, I width below the first layer, H state, D width of the side input.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nmt.nn.cell_tape import State
from nmt.nn.dropout import Dropout
from nmt.nn.lstm import LSTM
from nmt.nn.stack import zero_state


class ResidualLSTMs(nn.Module):
    """x^1 = LSTM_1([x^0; a]);  x^l = LSTM_l([x^{l-1}; a]) + x^{l-1} for l > 1      Wu et al. 2016, eq. 5 and 6.

    These are the layers above the bottom one. "Residual connections start from the layer third from the bottom" (figure
    1), the second of these. What is added is x^{l-1} alone, without the side input a. Dropout acts on what an LSTM
    reads, not on what is added: the `ResidualWrapper` around a `DropoutWrapper` of TensorFlow's NMT tutorial.
    """

    def __init__(self, layers: int, input_dim: int, dim: int, dropout: Dropout, *, side_dim: int = 0) -> None:
        super().__init__()
        widths = [input_dim] + [dim] * (layers - 1)
        self.layers = nn.ModuleList(LSTM(width + side_dim, dim) for width in widths)
        self.dropout = dropout

    def start(self, like_BE: Tensor) -> tuple[State, ...]:
        """Zero states for the B rows of `like_BE`."""
        return tuple(zero_state(cell, like_BE) for cell in self._cells())

    def unroll(
        self, x_BTI: Tensor, side_BTD: Tensor | None, states: tuple[State, ...], len_B: Tensor | None = None
    ) -> tuple[Tensor, tuple[State, ...]]:
        """output_BTH of the top layer, and for each layer its last state; len_B as in `Cell.run`."""
        new: list[State] = []
        for index, (cell, state) in enumerate(zip(self._cells(), states, strict=True)):
            read = x_BTI if side_BTD is None else torch.cat([x_BTI, side_BTD.to(x_BTI.dtype)], -1)
            h_BTH, state = cell.run(self.dropout(read), state, len_B)
            x_BTI = h_BTH + x_BTI if index else h_BTH
            new.append(state)
        return x_BTI, tuple(new)

    def _cells(self) -> list[LSTM]:
        return list(self.layers)  # type: ignore[arg-type]
