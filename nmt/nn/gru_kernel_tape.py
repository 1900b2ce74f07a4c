"""The recurrence of a GRU by compiled loops: what a step computes element by element is one pass over memory.

B sentences, T steps, H state; gates in the order reset, update, candidate (3H).
"""

from __future__ import annotations

import torch
from torch import Tensor

from nmt.kernels.kernels import find_kernel, take_kernel
from nmt.kernels.product import PackedLinear
from nmt.nn.cell_tape import CellTape, State
from nmt.nn.gru_tape import GRUTape
from nmt.nn.linear import linear


def kernel_step(before: bool, gates_B3H: Tensor, h_BH: Tensor, weight_hh: Tensor, bias_hh: Tensor) -> Tensor | None:
    """The next state, of any leading shape; None where there is no compiled loop for these numbers, or autograd
    wants to see them."""
    if torch.is_grad_enabled() or find_kernel("gru_after", gates_B3H) is None:
        return None
    dim, like = h_BH.size(-1), gates_B3H.dtype
    gates_B3H, h_BH = gates_B3H.contiguous(), h_BH.to(like).contiguous()
    rows = h_BH.numel() // dim
    rz_BH2, candidate_BH, next_BH = h_BH.new_empty(rows, 2 * dim), torch.empty_like(h_BH), torch.empty_like(h_BH)
    if not before:
        recurrent_B3H = linear(h_BH, weight_hh, bias_hh).to(like)
        take_kernel("gru_after", h_BH)(rows, dim, gates_B3H, recurrent_B3H, h_BH, rz_BH2, candidate_BH, next_BH)
        return next_BH
    (weight_rz, weight_n), (bias_rz, bias_n) = (part.tensor_split([2 * dim]) for part in (weight_hh, bias_hh))
    inner_BH, recurrent_BH2 = torch.empty_like(h_BH), linear(h_BH, weight_rz, bias_rz).to(like)
    take_kernel("gru_before_gates", h_BH)(rows, dim, gates_B3H, recurrent_BH2, h_BH, rz_BH2, inner_BH)
    recurrent_BH = linear(inner_BH, weight_n, bias_n).to(like)
    take_kernel("gru_before_state", h_BH)(rows, dim, gates_B3H, recurrent_BH, h_BH, rz_BH2, candidate_BH, next_BH)
    return next_BH


def make_gru_tape(before: bool, steps: int, h0_BH: Tensor, weight_hh: Tensor, bias_hh: Tensor) -> CellTape:
    """A tape of compiled loops where there are some for these numbers, or else of PyTorch alone."""
    kind = GRUTape
    if find_kernel("gru_after", h0_BH) is not None:
        kind = _BeforeTape if before else _AfterTape
    return kind(before, steps, h0_BH, weight_hh, bias_hh)


class _AfterTape(GRUTape):
    """drecurrent_TB3H keeps U h + b' until the way back puts its gradient there."""

    def __init__(self, before: bool, steps: int, h0_BH: Tensor, weight_hh: Tensor, bias_hh: Tensor) -> None:
        super().__init__(before, steps, h0_BH, weight_hh, bias_hh)
        self.forth, self.back = take_kernel("gru_after", h0_BH), take_kernel("gru_after_back", h0_BH)
        self.recur = PackedLinear(weight_hh)

    def step(self, t: int, gates_BG: Tensor) -> Tensor:
        h_BH, next_BH = self.h_TBH[t], self.h_TBH[t + 1]
        recurrent_B3H = self.recur.forward(h_BH, self.bias_hh, self.drecurrent_TB3H[t])
        self.forth(*h_BH.shape, gates_BG, recurrent_B3H, h_BH, self.rz_TBH2[t], self.candidate_TBH[t], next_BH)
        return next_BH

    def step_back(self, t: int, dstate: State, dgates_BG: Tensor) -> None:
        h_BH, recurrent_B3H, kept_BH = self.h_TBH[t], self.drecurrent_TB3H[t], torch.empty_like(self.dh_BH)
        given = self.dh_BH, dstate[0].contiguous(), h_BH, self.rz_TBH2[t], self.candidate_TBH[t]
        self.back(*h_BH.shape, *given, recurrent_B3H, dgates_BG, kept_BH)
        self.dh_BH = self.recur.backward(recurrent_B3H, kept_BH)


class _BeforeTape(GRUTape):
    def __init__(self, before: bool, steps: int, h0_BH: Tensor, weight_hh: Tensor, bias_hh: Tensor) -> None:
        super().__init__(before, steps, h0_BH, weight_hh, bias_hh)
        names = "gru_before_gates", "gru_before_state", "gru_before_state_back", "gru_before_gates_back"
        self.gates, self.state, self.state_back, self.gates_back = (take_kernel(name, h0_BH) for name in names)
        self.recur_rz, self.recur_n = map(PackedLinear, weight_hh.tensor_split([2 * self.dim]))

    def step(self, t: int, gates_BG: Tensor) -> Tensor:
        h_BH, rz_BH2, inner_BH, next_BH = self.h_TBH[t], self.rz_TBH2[t], self.inner_TBH[t], self.h_TBH[t + 1]
        bias_rz, bias_n = self.bias_hh.tensor_split([2 * self.dim])
        self.gates(*h_BH.shape, gates_BG, self.recur_rz.forward(h_BH, bias_rz), h_BH, rz_BH2, inner_BH)
        recurrent_BH = self.recur_n.forward(inner_BH, bias_n)
        self.state(*h_BH.shape, gates_BG, recurrent_BH, h_BH, rz_BH2, self.candidate_TBH[t], next_BH)
        return next_BH

    def step_back(self, t: int, dstate: State, dgates_BG: Tensor) -> None:
        h_BH, rz_BH2, kept_BH = self.h_TBH[t], self.rz_TBH2[t], torch.empty_like(self.dh_BH)
        dh = self.dh_BH, dstate[0].contiguous()
        self.state_back(*h_BH.shape, *dh, h_BH, rz_BH2, self.candidate_TBH[t], dgates_BG, kept_BH)
        dinner_BH = self.recur_n.backward(dgates_BG[:, 2 * self.dim :])
        self.gates_back(*h_BH.shape, dinner_BH, h_BH, rz_BH2, dgates_BG, kept_BH)
        self.dh_BH = self.recur_rz.backward(dgates_BG[:, : 2 * self.dim], kept_BH)
