"""The recurrence of an LSTM by hand. B sentences, T steps, H state; gates input, forget, output, cell (4H)."""

from __future__ import annotations

import torch
from torch import Tensor

from nmt.kernels.product import product_over_rows
from nmt.nn.cell_tape import CellTape, State


class LSTMTape(CellTape):
    """The weights are U alone; the bias belongs to the input's share of the gates."""

    def __init__(self, steps: int, h0_BH: Tensor, c0_BH: Tensor, weight_hh: Tensor) -> None:
        batch, self.dim = h0_BH.shape
        self.weight_hh = weight_hh
        self.h_TBH, self.c_TBH = (part.new_empty(steps + 1, batch, self.dim) for part in (h0_BH, c0_BH))
        self.h_TBH[0], self.c_TBH[0] = h0_BH, c0_BH
        self.parts = (self.h_TBH, self.c_TBH)
        self.active_TB4H = h0_BH.new_empty(steps, batch, 4 * self.dim)
        self.squashed_TBH = h0_BH.new_empty(steps, batch, self.dim)
        self.dh_BH, self.dc_BH = torch.zeros_like(h0_BH), torch.zeros_like(c0_BH)

    def step(self, t: int, gates_BG: Tensor) -> Tensor:
        dim, active_B4H = self.dim, self.active_TB4H[t]
        gates_B4H = torch.addmm(gates_BG, self.h_TBH[t], self.weight_hh.t())
        torch.sigmoid(gates_B4H[:, : 3 * dim], out=active_B4H[:, : 3 * dim])
        torch.tanh(gates_B4H[:, 3 * dim :], out=active_B4H[:, 3 * dim :])
        i, f, o, g = active_B4H.chunk(4, -1)
        c_BH = torch.addcmul(f * self.c_TBH[t], i, g, out=self.c_TBH[t + 1])
        return torch.mul(o, torch.tanh(c_BH, out=self.squashed_TBH[t]), out=self.h_TBH[t + 1])

    def step_back(self, t: int, dstate: State, dgates_BG: Tensor) -> None:
        dim, active_B4H, squashed_BH = self.dim, self.active_TB4H[t], self.squashed_TBH[t]
        i, f, o, g = active_B4H.chunk(4, -1)
        di, df, do, dg = dgates_BG.chunk(4, -1)
        dh_BH = self.dh_BH + dstate[0]
        dsquashed_BH = dh_BH * o
        dc_BH = self.dc_BH + dsquashed_BH
        dc_BH.addcmul_(dsquashed_BH * squashed_BH, squashed_BH, value=-1)
        for extra_BH in dstate[1:]:
            dc_BH += extra_BH
        torch.mul(dc_BH, g, out=di)
        torch.mul(dc_BH, self.c_TBH[t], out=df)
        torch.mul(dh_BH, squashed_BH, out=do)
        gates_B3H = active_B4H[:, : 3 * dim]
        dgates_BG[:, : 3 * dim].mul_(torch.addcmul(gates_B3H, gates_B3H, gates_B3H, value=-1))
        dcell_BH = dc_BH * i
        torch.addcmul(dcell_BH, dcell_BH * g, g, value=-1, out=dg)
        self.dc_BH = dc_BH.mul_(f)
        self.dh_BH = dgates_BG @ self.weight_hh

    def gradients(self, dgates_TBG: Tensor) -> tuple[Tensor, ...]:
        dweight = product_over_rows(dgates_TBG.flatten(0, 1), self.h_TBH[:-1].flatten(0, 1))
        return self.dh_BH, self.dc_BH, dweight
