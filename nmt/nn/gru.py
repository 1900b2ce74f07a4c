"""Gated recurrent unit: one step, and a whole sequence whose weight gradients are one product after the loop.

B sentences, T steps, I input, H state. Gates are stacked in the order reset, update, candidate (3H).
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

ResetGate = Literal["before", "after"]
State = tuple[Tensor, ...]


class GRU(nn.Module):
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

    def project(self, x: Tensor) -> Tensor:
        """The input's share of the gates, (..., I) -> (..., 3H)."""
        return F.linear(x, self.weight_ih, self.bias_ih)

    def step(self, gates_B3H: Tensor, state: State) -> State:
        """One step from the projected input; state is (h_BH,)."""
        (h_BH,), dim = state, self.dim
        weight_rz, weight_n = self.weight_hh.split([2 * dim, dim])
        bias_rz, bias_n = self.bias_hh.split([2 * dim, dim])
        rz_BH2 = torch.sigmoid(gates_B3H[..., : 2 * dim] + F.linear(h_BH, weight_rz, bias_rz))
        reset_BH, update_BH = rz_BH2.chunk(2, -1)
        if self.reset_gate == "before":
            recurrent_BH = F.linear(reset_BH * h_BH, weight_n, bias_n)
        else:
            recurrent_BH = reset_BH * F.linear(h_BH, weight_n, bias_n)
        candidate_BH = torch.tanh(gates_B3H[..., 2 * dim :] + recurrent_BH)
        return (torch.lerp(candidate_BH, h_BH.to(candidate_BH.dtype), update_BH),)

    def unroll(self, x_BTI: Tensor, state: State) -> State:
        """The states after each of the T steps, (h_BTH,)."""
        gates_TB3H = self.project(x_BTI.transpose(0, 1))
        dtype = gates_TB3H.dtype
        h_TBH: Tensor = _Sequence.apply(  # type: ignore[assignment]
            gates_TB3H, state[0].to(dtype), self.weight_hh.to(dtype), self.bias_hh.to(dtype), self.reset_gate
        )
        return (h_TBH.transpose(0, 1),)


class Tape:
    """Buffers of one unrolled GRU: `step` writes them forward, `step_back` reads them backward.

    h_TBH has T + 1 entries, h_TBH[0] being the initial state. No autograd inside.
    """

    def __init__(self, steps: int, h0_BH: Tensor, weight_hh: Tensor, bias_hh: Tensor, reset_gate: ResetGate) -> None:
        batch, self.dim = h0_BH.shape
        self.weight_hh, self.bias_hh, self.before = weight_hh, bias_hh, reset_gate == "before"
        self.h_TBH = h0_BH.new_empty(steps + 1, batch, self.dim)
        self.h_TBH[0] = h0_BH
        self.rz_TBH2 = h0_BH.new_empty(steps, batch, 2 * self.dim)
        self.candidate_TBH = h0_BH.new_empty(steps, batch, self.dim)
        self.inner_TBH = h0_BH.new_empty(steps, batch, self.dim)
        self.dgates_TB3H: Tensor | None = None

    def step(self, t: int, gates_B3H: Tensor) -> Tensor:
        """h after step t. `inner` keeps r * h ("before") or U h + b' ("after")."""
        dim, h_BH = self.dim, self.h_TBH[t]
        rz_BH2, inner_BH = self.rz_TBH2[t], self.inner_TBH[t]
        if self.before:
            recurrent = torch.addmm(self.bias_hh[: 2 * dim], h_BH, self.weight_hh[: 2 * dim].t())
            torch.sigmoid(recurrent.add_(gates_B3H[:, : 2 * dim]), out=rz_BH2)
            torch.mul(rz_BH2[:, :dim], h_BH, out=inner_BH)
            new = torch.addmm(self.bias_hh[2 * dim :], inner_BH, self.weight_hh[2 * dim :].t())
            new.add_(gates_B3H[:, 2 * dim :])
        else:
            recurrent = torch.addmm(self.bias_hh, h_BH, self.weight_hh.t())
            torch.sigmoid(gates_B3H[:, : 2 * dim] + recurrent[:, : 2 * dim], out=rz_BH2)
            inner_BH.copy_(recurrent[:, 2 * dim :])
            new = torch.addcmul(gates_B3H[:, 2 * dim :], rz_BH2[:, :dim], inner_BH)
        candidate_BH = torch.tanh(new, out=self.candidate_TBH[t])
        return torch.lerp(candidate_BH, h_BH, rz_BH2[:, dim:], out=self.h_TBH[t + 1])

    def step_back(self, t: int, dh_BH: Tensor, dgates_B3H: Tensor) -> Tensor:
        """Writes the gradient of the projected input of step t and returns that of the state before it."""
        if self.dgates_TB3H is None:
            self.dgates_TB3H = dh_BH.new_empty(len(self.candidate_TBH), len(dh_BH), 3 * self.dim)
        dim, h_BH, inner_BH = self.dim, self.h_TBH[t], self.inner_TBH[t]
        rz_BH2, candidate_BH = self.rz_TBH2[t], self.candidate_TBH[t]
        reset_BH, update_BH = rz_BH2[:, :dim], rz_BH2[:, dim:]
        kept_BH = dh_BH * update_BH
        dnew_BH = (dh_BH - kept_BH) * (1 - candidate_BH * candidate_BH)
        if self.before:
            dinner_BH = dnew_BH @ self.weight_hh[2 * dim :]
            dreset_BH = dinner_BH * h_BH
            kept_BH = torch.addcmul(kept_BH, dinner_BH, reset_BH)
        else:
            dreset_BH = dnew_BH * inner_BH
        drz_BH2 = torch.cat([dreset_BH, dh_BH * (h_BH - candidate_BH)], -1) * rz_BH2 * (1 - rz_BH2)
        dgates_B3H[:, : 2 * dim] = drz_BH2
        dgates_B3H[:, 2 * dim :] = dnew_BH
        recurrent_B3H = self.dgates_TB3H[t]
        recurrent_B3H[:, : 2 * dim] = drz_BH2
        if self.before:
            recurrent_B3H[:, 2 * dim :] = dnew_BH
            return torch.addmm(kept_BH, drz_BH2, self.weight_hh[: 2 * dim])
        recurrent_B3H[:, 2 * dim :] = dnew_BH * reset_BH
        return torch.addmm(kept_BH, recurrent_B3H, self.weight_hh)

    def weight_gradients(self) -> tuple[Tensor, Tensor]:
        """Gradients of weight_hh and bias_hh, as single products over all steps."""
        assert self.dgates_TB3H is not None
        dim, dgates = self.dim, self.dgates_TB3H.flatten(0, 1)
        h = self.h_TBH[:-1].flatten(0, 1)
        if self.before:
            inner = self.inner_TBH.flatten(0, 1)
            dweight = torch.cat([dgates[:, : 2 * dim].t() @ h, dgates[:, 2 * dim :].t() @ inner])
        else:
            dweight = dgates.t() @ h
        precise = torch.promote_types(dgates.dtype, torch.float32)
        return dweight, dgates.sum(0, dtype=precise).to(dgates.dtype)


class _Sequence(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, gates_TB3H: Tensor, h0_BH: Tensor, weight_hh: Tensor, bias_hh: Tensor, reset_gate: ResetGate
    ) -> Tensor:
        tape = ctx.tape = Tape(len(gates_TB3H), h0_BH, weight_hh, bias_hh, reset_gate)
        for t, gates_B3H in enumerate(gates_TB3H.unbind(0)):
            tape.step(t, gates_B3H)
        return tape.h_TBH[1:].clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        (dh_TBH,), tape = grads, ctx.tape
        dgates_TB3H = tape.h_TBH.new_empty(*dh_TBH.shape[:2], 3 * tape.dim)
        dh_BH = torch.zeros_like(tape.h_TBH[0])
        for t in range(len(dh_TBH) - 1, -1, -1):
            dh_BH = tape.step_back(t, dh_BH + dh_TBH[t], dgates_TB3H[t])
        return dgates_TB3H, dh_BH, *tape.weight_gradients(), None
