"""The recurrence of a GRU by hand. B sentences, T steps, H state; gates in the order reset, update, candidate (3H)."""

from __future__ import annotations

import torch
from torch import Tensor

from nmt.kernels.product import product_over_rows
from nmt.nn.cell_tape import CellTape, State


class GRUTape(CellTape):
    """`before`: the reset gate acts before the recurrent product, otherwise after it. The weights are U and its bias.

    inner_TBH keeps r * h (before) or U h + b' (after).
    """

    def __init__(self, before: bool, steps: int, h0_BH: Tensor, weight_hh: Tensor, bias_hh: Tensor) -> None:
        batch, self.dim = h0_BH.shape
        self.before, self.weight_hh, self.bias_hh = before, weight_hh, bias_hh
        self.h_TBH = h0_BH.new_empty(steps + 1, batch, self.dim)
        self.h_TBH[0] = h0_BH
        self.parts = (self.h_TBH,)
        self.rz_TBH2 = h0_BH.new_empty(steps, batch, 2 * self.dim)
        self.candidate_TBH = h0_BH.new_empty(steps, batch, self.dim)
        self.inner_TBH = h0_BH.new_empty(steps, batch, self.dim)
        self.drecurrent_TB3H = h0_BH.new_empty(steps, batch, 3 * self.dim)
        self.dh_BH = torch.zeros_like(h0_BH)

    def step(self, t: int, gates_BG: Tensor) -> Tensor:
        dim, h_BH = self.dim, self.h_TBH[t]
        rz_BH2, inner_BH = self.rz_TBH2[t], self.inner_TBH[t]
        if self.before:
            recurrent = torch.addmm(self.bias_hh[: 2 * dim], h_BH, self.weight_hh[: 2 * dim].t())
            torch.sigmoid(recurrent.add_(gates_BG[:, : 2 * dim]), out=rz_BH2)
            torch.mul(rz_BH2[:, :dim], h_BH, out=inner_BH)
            new_BH = torch.addmm(self.bias_hh[2 * dim :], inner_BH, self.weight_hh[2 * dim :].t())
            new_BH.add_(gates_BG[:, 2 * dim :])
        else:
            recurrent = torch.addmm(self.bias_hh, h_BH, self.weight_hh.t())
            torch.sigmoid(gates_BG[:, : 2 * dim] + recurrent[:, : 2 * dim], out=rz_BH2)
            inner_BH.copy_(recurrent[:, 2 * dim :])
            new_BH = torch.addcmul(gates_BG[:, 2 * dim :], rz_BH2[:, :dim], inner_BH)
        candidate_BH = torch.tanh(new_BH, out=self.candidate_TBH[t])
        return torch.lerp(candidate_BH, h_BH, rz_BH2[:, dim:], out=self.h_TBH[t + 1])

    def step_back(self, t: int, dstate: State, dgates_BG: Tensor) -> None:
        dim, h_BH, inner_BH = self.dim, self.h_TBH[t], self.inner_TBH[t]
        rz_BH2, candidate_BH = self.rz_TBH2[t], self.candidate_TBH[t]
        drz_BH2, dnew_BH = dgates_BG[:, : 2 * dim], dgates_BG[:, 2 * dim :]
        dh_BH = self.dh_BH + dstate[0]
        kept_BH = dh_BH * rz_BH2[:, dim:]
        taken_BH = dh_BH - kept_BH
        torch.addcmul(taken_BH, taken_BH * candidate_BH, candidate_BH, value=-1, out=dnew_BH)
        torch.mul(dh_BH, h_BH - candidate_BH, out=drz_BH2[:, dim:])
        if self.before:
            dinner_BH = dnew_BH @ self.weight_hh[2 * dim :]
            torch.mul(dinner_BH, h_BH, out=drz_BH2[:, :dim])
            kept_BH.addcmul_(dinner_BH, rz_BH2[:, :dim])
        else:
            torch.mul(dnew_BH, inner_BH, out=drz_BH2[:, :dim])
        drz_BH2.mul_(torch.addcmul(rz_BH2, rz_BH2, rz_BH2, value=-1))
        if self.before:
            self.dh_BH = torch.addmm(kept_BH, drz_BH2, self.weight_hh[: 2 * dim])
        else:
            parts = [drz_BH2, dnew_BH * rz_BH2[:, :dim]]
            drecurrent_B3H = torch.cat(parts, -1, out=self.drecurrent_TB3H[t])
            self.dh_BH = torch.addmm(kept_BH, drecurrent_B3H, self.weight_hh)

    def gradients(self, dgates_TBG: Tensor) -> tuple[Tensor, ...]:
        dim, h = self.dim, self.h_TBH[:-1].flatten(0, 1)
        if self.before:
            drecurrent, inner = dgates_TBG.flatten(0, 1), self.inner_TBH.flatten(0, 1)
            dweight = torch.cat(
                [product_over_rows(drecurrent[:, : 2 * dim], h), product_over_rows(drecurrent[:, 2 * dim :], inner)]
            )
        else:
            drecurrent = self.drecurrent_TB3H.flatten(0, 1)
            dweight = product_over_rows(drecurrent, h)
        return self.dh_BH, dweight, drecurrent.sum(0)
