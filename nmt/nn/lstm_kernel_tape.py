"""The recurrence of an LSTM by compiled loops: what a step computes element by element is one pass over memory.

B sentences, T steps, H state; gates in the order input, forget, output, cell (4H).
"""

from __future__ import annotations

import torch
from torch import Tensor

from nmt.kernels.kernels import find_kernel, take_kernel
from nmt.kernels.product import PackedLinear
from nmt.nn.cell_tape import CellTape, State
from nmt.nn.linear import linear
from nmt.nn.lstm_tape import LSTMTape


def kernel_step(gates_B4H: Tensor, state: State, weight_hh: Tensor) -> State | None:
    """The next h and c; None where there is no compiled loop for these numbers, or autograd wants to see them."""
    kernel = find_kernel("lstm", gates_B4H)
    if torch.is_grad_enabled() or kernel is None:
        return None
    h_BH, c_BH = (part.to(gates_B4H.dtype).contiguous() for part in state)
    recurrent_B4H = linear(h_BH, weight_hh).to(gates_B4H.dtype)
    active_B4H, squashed_BH, next_c, next_h = (torch.empty_like(part) for part in (recurrent_B4H, h_BH, h_BH, h_BH))
    kernel(*h_BH.shape, gates_B4H.contiguous(), recurrent_B4H, c_BH, active_B4H, squashed_BH, next_c, next_h)
    return next_h, next_c


def make_lstm_tape(steps: int, h0_BH: Tensor, c0_BH: Tensor, weight_hh: Tensor) -> CellTape:
    """A tape of compiled loops where there are some for these numbers, or else of PyTorch alone."""
    kind = LSTMTape if find_kernel("lstm", h0_BH) is None else _KernelTape
    return kind(steps, h0_BH, c0_BH, weight_hh)


class _KernelTape(LSTMTape):
    def __init__(self, steps: int, h0_BH: Tensor, c0_BH: Tensor, weight_hh: Tensor) -> None:
        super().__init__(steps, h0_BH, c0_BH, weight_hh)
        self.forth, self.back = take_kernel("lstm", h0_BH), take_kernel("lstm_back", h0_BH)
        self.recur = PackedLinear(weight_hh)

    def step(self, t: int, gates_BG: Tensor) -> Tensor:
        h_BH, next_BH = self.h_TBH[t], self.h_TBH[t + 1]
        made = self.active_TB4H[t], self.squashed_TBH[t], self.c_TBH[t + 1], next_BH
        self.forth(*h_BH.shape, gates_BG, self.recur.forward(h_BH), self.c_TBH[t], *made)
        return next_BH

    def step_back(self, t: int, dstate: State, dgates_BG: Tensor) -> None:
        dstate_h, *others = (part.contiguous() for part in dstate)
        kept = self.c_TBH[t], self.active_TB4H[t], self.squashed_TBH[t]
        given = self.dh_BH, dstate_h, others[0] if others else None
        self.back(*self.dh_BH.shape, *given, *kept, dgates_BG, self.dc_BH)
        self.dh_BH = self.recur.backward(dgates_BG)
