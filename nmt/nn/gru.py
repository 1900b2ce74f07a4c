"""Gated recurrent unit.

B sentences, I input, H state. Gates are stacked in the order reset, update, candidate (3H).
"""

from __future__ import annotations

import warnings
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from nmt.nn.cell import Cell
from nmt.nn.cell_tape import MakeTape, State
from nmt.nn.gru_kernel_tape import kernel_step, make_gru_tape
from nmt.nn.linear import linear

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

    def unroll(self, x_BTI: Tensor, state: State, constant_BI: Tensor | None = None) -> State:
        if self.reset_gate == "before" or not _has_cudnn(x_BTI):
            return super().unroll(x_BTI, state, constant_BI)
        if constant_BI is not None:
            x_BTI = torch.cat([x_BTI, constant_BI[:, None].expand(-1, x_BTI.size(1), -1)], -1)
        return (self._unroll_at_once(x_BTI, state[0]),)

    def _unroll_at_once(self, x_BTI: Tensor, h0_BH: Tensor) -> Tensor:
        """h_BTH by a single call of PyTorch, which on a GPU is one of cuDNN; for a reset gate "after"."""
        weights = self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "RNN module weights are not part of single contiguous chunk")
            h_BTH, _ = torch.gru(
                x_BTI, h0_BH[None].contiguous(), weights, True, 1, 0.0, torch.is_grad_enabled(), False, True
            )
        return h_BTH

    def tape(self) -> tuple[MakeTape, tuple[Tensor, ...]]:
        return partial(make_gru_tape, self.reset_gate == "before"), (self.weight_hh, self.bias_hh)


def _has_cudnn(x: Tensor) -> bool:
    """Whether cuDNN takes these numbers: on a GPU, and not in bfloat16."""
    return x.is_cuda and not torch.is_autocast_enabled("cuda") and torch.backends.cudnn.is_acceptable(x)
