"""Long short-term memory: one step, and a whole sequence whose weight gradients are one product after the loop.

B sentences, T steps, I input, H state. Gates are stacked in the order input, forget, output, cell (4H).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nmt.nn.gru import State


class LSTM(nn.Module):
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

    def project(self, x: Tensor) -> Tensor:
        """The input's share of the gates, (..., I) -> (..., 4H)."""
        return F.linear(x, self.weight_ih, self.bias)

    def step(self, gates_B4H: Tensor, state: State) -> State:
        """One step from the projected input; state is (h_BH, c_BH)."""
        h_BH, c_BH = state
        i, f, o, g = (gates_B4H + F.linear(h_BH, self.weight_hh)).chunk(4, -1)
        c_BH = torch.sigmoid(f) * c_BH + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c_BH), c_BH

    def unroll(self, x_BTI: Tensor, state: State) -> State:
        """The states after each of the T steps, (h_BTH, c_BTH)."""
        gates_TB4H = self.project(x_BTI.transpose(0, 1))
        h_BH, c_BH = (part.to(gates_TB4H.dtype) for part in state)
        h_TBH, c_TBH = _Sequence.apply(gates_TB4H, h_BH, c_BH, self.weight_hh.to(gates_TB4H.dtype))  # type: ignore[misc]
        return h_TBH.transpose(0, 1), c_TBH.transpose(0, 1)


class _Sequence(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, gates_TB4H: Tensor, h0_BH: Tensor, c0_BH: Tensor, weight_hh: Tensor) -> tuple[Tensor, Tensor]:
        steps, (batch, dim) = len(gates_TB4H), h0_BH.shape
        h_TBH, c_TBH = h0_BH.new_empty(steps + 1, batch, dim), c0_BH.new_empty(steps + 1, batch, dim)
        h_TBH[0], c_TBH[0] = h0_BH, c0_BH
        active_TB4H = torch.empty_like(gates_TB4H)
        weight_t = weight_hh.t()
        for t in range(steps):
            gates = torch.addmm(gates_TB4H[t], h_TBH[t], weight_t)
            active = active_TB4H[t]
            torch.sigmoid(gates[:, : 3 * dim], out=active[:, : 3 * dim])
            torch.tanh(gates[:, 3 * dim :], out=active[:, 3 * dim :])
            i, f, o, g = active.chunk(4, -1)
            torch.addcmul(f * c_TBH[t], i, g, out=c_TBH[t + 1])
            torch.mul(o, torch.tanh(c_TBH[t + 1]), out=h_TBH[t + 1])
        ctx.saved = h_TBH, c_TBH, active_TB4H, weight_hh
        return h_TBH[1:].clone(), c_TBH[1:].clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, ...]:  # type: ignore[override]
        dh_TBH, dc_TBH = grads
        h_TBH, c_TBH, active_TB4H, weight_hh = ctx.saved
        dgates_TB4H = torch.empty_like(active_TB4H)
        dh_BH, dc_BH = torch.zeros_like(h_TBH[0]), torch.zeros_like(c_TBH[0])
        for t in range(len(dh_TBH) - 1, -1, -1):
            i, f, o, g = active_TB4H[t].chunk(4, -1)
            dh_BH = dh_BH + dh_TBH[t]
            squashed_BH = torch.tanh(c_TBH[t + 1])
            dc_BH = dc_BH + dc_TBH[t] + dh_BH * o * (1 - squashed_BH * squashed_BH)
            dactive = torch.cat([dc_BH * g, dc_BH * c_TBH[t], dh_BH * squashed_BH], -1)
            sigmoids = active_TB4H[t, :, : 3 * h_TBH.size(-1)]
            dgates_TB4H[t, :, : 3 * h_TBH.size(-1)] = dactive * sigmoids * (1 - sigmoids)
            dgates_TB4H[t, :, 3 * h_TBH.size(-1) :] = dc_BH * i * (1 - g * g)
            dc_BH = dc_BH * f
            dh_BH = dgates_TB4H[t] @ weight_hh
        return dgates_TB4H, dh_BH, dc_BH, dgates_TB4H.flatten(0, 1).t() @ h_TBH[:-1].flatten(0, 1)
