"""Gated recurrent unit.

B sentences, I input, H state. Gates are stacked in the order reset, update, candidate (3H).
"""

from __future__ import annotations

from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from nmt.nn.at_once import run_gru
from nmt.nn.cell import Cell
from nmt.nn.cell_tape import MakeTape, State
from nmt.nn.gru_kernel_tape import kernel_step, make_gru_tape
from nmt.nn.linear import linear
from nmt.nn.masks import take_last

ResetGate = Literal["before", "after"]


class GRU(Cell):
    """r, z = sigmoid(W x + U h + b);  h' = (1 - z) n + z h with the candidate n

        reset_gate "before":  n = tanh(W x + U (r * h) + b)          Cho et al. 2014 eq. 8, Bahdanau et al. 2014 A.1.1
        reset_gate "after":   n = tanh(W x + b + r * (U h + b'))     PyTorch and cuDNN: one product a step

    Cho et al. write it so (eq. 7); Bahdanau et al. weigh the old state by 1 - z, which turns the sign of z's weights.
    """

    states = 1

    def __init__(self, input_dim: int, dim: int, reset_gate: ResetGate = "after") -> None:
        super().__init__()
        self.dim, self.reset_gate = dim, reset_gate
        self.weight_ih = nn.Parameter(torch.empty(3 * dim, input_dim))
        self.weight_hh = nn.Parameter(torch.empty(3 * dim, dim))
        self.bias_ih = nn.Parameter(torch.zeros(3 * dim))
        self.bias_hh = nn.Parameter(torch.zeros(3 * dim))

    @property
    def input_bias(self) -> Tensor:
        return self.bias_ih

    def step(self, gates_BG: Tensor, state: State) -> State:
        """One step from the projected input; state is (h_BH,)."""
        (h_BH,), dim = state, self.dim
        next_BH = kernel_step(self.reset_gate == "before", gates_BG, h_BH, self.weight_hh, self.bias_hh)
        if next_BH is not None:
            return (next_BH,)
        weight_rz, weight_n = self.weight_hh.split([2 * dim, dim])
        bias_rz, bias_n = self.bias_hh.split([2 * dim, dim])
        rz_BH2 = torch.sigmoid(gates_BG[..., : 2 * dim] + linear(h_BH, weight_rz, bias_rz))
        reset_BH, update_BH = rz_BH2.chunk(2, -1)
        if self.reset_gate == "before":
            recurrent_BH = linear(reset_BH * h_BH, weight_n, bias_n)
        else:
            recurrent_BH = reset_BH * linear(h_BH, weight_n, bias_n)
        candidate_BH = torch.tanh(gates_BG[..., 2 * dim :] + recurrent_BH)
        return (torch.lerp(candidate_BH, h_BH.to(candidate_BH.dtype), update_BH),)

    @property
    def can_run_at_once(self) -> bool:
        return self.reset_gate == "after"

    def run_at_once(self, x_BTI: Tensor, state: State, len_B: Tensor | None) -> tuple[Tensor, State]:
        h_BTH = run_gru(x_BTI, state[0], (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh))
        return h_BTH, (take_last(h_BTH, len_B),)

    def tape(self) -> tuple[MakeTape, tuple[Tensor, ...]]:
        return partial(make_gru_tape, self.reset_gate == "before"), (self.weight_hh, self.bias_hh)
