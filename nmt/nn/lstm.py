"""Long short-term memory.

B sentences, I input, H state. Gates are stacked in the order input, forget, output, cell (4H).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nmt.nn.at_once import run_lstm
from nmt.nn.cell import Cell
from nmt.nn.cell_tape import MakeTape, State
from nmt.nn.linear import linear
from nmt.nn.lstm_kernel_tape import kernel_step, make_lstm_tape
from nmt.nn.masks import take_last


class LSTM(Cell):
    """i, f, o = sigmoid(W x + U h + b);  c' = f c + i tanh(W x + U h + b);  h' = o tanh(c')

    Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000, without peepholes.
    """

    states = 2

    def __init__(self, input_dim: int, dim: int) -> None:
        super().__init__()
        self.dim = dim
        self.weight_ih = nn.Parameter(torch.empty(4 * dim, input_dim))
        self.weight_hh = nn.Parameter(torch.empty(4 * dim, dim))
        self.bias = nn.Parameter(torch.zeros(4 * dim))

    @property
    def forget_gate(self) -> slice:
        """Where the forget gate stands among the gates."""
        return slice(self.dim, 2 * self.dim)

    @property
    def input_bias(self) -> Tensor:
        return self.bias

    def step(self, gates_BG: Tensor, state: State) -> State:
        """One step from the projected input; state is (h_BH, c_BH)."""
        next_state = kernel_step(gates_BG, state, self.weight_hh)
        if next_state is not None:
            return next_state
        h_BH, c_BH = state
        i, f, o, g = (gates_BG + linear(h_BH, self.weight_hh)).chunk(4, -1)
        c_BH = torch.sigmoid(f) * c_BH + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c_BH), c_BH

    def run_at_once(self, x_BTI: Tensor, state: State, len_B: Tensor | None) -> tuple[Tensor, State]:
        weight_ih, weight_hh, bias_ih = (
            _input_forget_cell_output(w) for w in (self.weight_ih, self.weight_hh, self.bias)
        )
        weights = weight_ih, weight_hh, bias_ih, torch.zeros_like(bias_ih)
        h_BTH, c_BH = run_lstm(x_BTI, (state[0], state[1]), weights, len_B)
        return h_BTH, (take_last(h_BTH, len_B), c_BH)

    def tape(self) -> tuple[MakeTape, tuple[Tensor, ...]]:
        return make_lstm_tape, (self.weight_hh,)


def _input_forget_cell_output(weight: Tensor) -> Tensor:
    """The gates' weights in PyTorch's order."""
    i, f, o, g = weight.chunk(4)
    return torch.cat([i, f, g, o])
