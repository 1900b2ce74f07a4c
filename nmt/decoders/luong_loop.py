"""Luong's recurrence with input feeding under teacher forcing as one autograd function.

Weight gradients are single products after the loop.

B sentences, T target positions, S source positions, H decoder, D memory, A key width, F attentional state, G gates.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from nmt.attention.attention import Memory
from nmt.attention.tapes.tape import AttentionTape, MakeAttentionTape
from nmt.nn.cell_tape import CellTape, MakeTape, State


def unroll_input_feeding(
    gates_TBG: Tensor,
    initial: State,
    memory: Memory,
    weights: tuple[Tensor, Tensor],
    attention: tuple[MakeAttentionTape, tuple[Tensor, ...]],
    cell: tuple[MakeTape, tuple[Tensor, ...]],
) -> tuple[Tensor, Tensor, Tensor]:
    """h_t = cell(h_{t-1}, gates_t + W_f h~_{t-1});  c_t = attention(h_t);  h~_t = tanh(W_c [c_t; h_t]), h~_0 = 0.

    gates_TBG: the embedding's share of the gates; weights: W_f (G, F) and W_c (F, D + H); attention and cell: the tapes
    of both with their weights. Returns h~ (B, T, F), contexts (B, T, D) and weights (B, T, S).
    """
    parts = [gates_TBG, memory.keys_BSA, memory.values_BSD, *weights, *initial, *attention[1], *cell[1]]
    plan = (attention[0], len(attention[1]), cell[0], len(initial))
    results = _Loop.apply(plan, memory.mask_BS, *(part.to(gates_TBG.dtype) for part in parts))
    return tuple(result.transpose(0, 1) for result in results)  # type: ignore[union-attr,return-value]


class _Loop(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        plan: tuple[MakeAttentionTape, int, MakeTape, int],
        mask_BS: Tensor,
        gates_TBG: Tensor,
        keys_BSA: Tensor,
        values_BSD: Tensor,
        weight_fed: Tensor,
        weight_combine: Tensor,
        *rest: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        make_attention, count, make_cell, states = plan
        steps, batch, _ = gates_TBG.shape
        initial, weights = rest[:states], rest[states:]
        attend = make_attention(steps, mask_BS, keys_BSA, values_BSD, *weights[:count])
        cell = make_cell(steps, *initial, *weights[count:])
        fed_TBF = gates_TBG.new_zeros(steps + 1, batch, len(weight_combine))
        combine_D, combine_H = weight_combine.split([values_BSD.size(-1), initial[0].size(-1)], 1)
        ctx.saved = attend, cell, fed_TBF, weight_fed, combine_D, combine_H
        for t in range(steps):
            h_BH = cell.step(t, torch.addmm(gates_TBG[t], fed_TBF[t], weight_fed.t()))
            context_BD = attend.step(t, h_BH)
            torch.tanh(torch.addmm(h_BH @ combine_H.t(), context_BD, combine_D.t()), out=fed_TBF[t + 1])
        return fed_TBF[1:].clone(), attend.context_TBD.clone(), attend.weights_TBS.clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        doutput_TBF, dcontext_TBD, dweights_TBS = grads
        attend, cell, fed_TBF, weight_fed, combine_D, combine_H = _saved(ctx)
        h_TBH = cell.parts[0]
        steps, batch, _ = doutput_TBF.shape
        dgates_TBG = doutput_TBF.new_empty(steps, batch, len(weight_fed))
        dinner_TBF = 1 - fed_TBF[1:] * fed_TBF[1:]
        dfed_BF = torch.zeros_like(fed_TBF[0])
        for t in range(steps - 1, -1, -1):
            dinner_BF = dinner_TBF[t].mul_(doutput_TBF[t] + dfed_BF)
            dcontext_BD = torch.addmm(dcontext_TBD[t], dinner_BF, combine_D)
            dquery_BH = attend.step_back(t, h_TBH[t + 1], dcontext_BD, dweights_TBS[t])
            cell.step_back(t, (torch.addmm(dquery_BH, dinner_BF, combine_H),), dgates_TBG[t])
            dfed_BF = dgates_TBG[t] @ weight_fed
        dinner, dgates = dinner_TBF.flatten(0, 1), dgates_TBG.flatten(0, 1)
        read = torch.cat([attend.context_TBD, h_TBH[1:]], -1).flatten(0, 1)
        dweights = dgates.t() @ fed_TBF[:-1].flatten(0, 1), dinner.t() @ read
        dkeys_BSA, dvalues_BSD, *dattention = attend.gradients(h_TBH[1:])
        dcell = cell.gradients(dgates_TBG)
        states = len(cell.parts)
        gradients = dgates_TBG, dkeys_BSA, dvalues_BSD, *dweights, *dcell[:states]
        return None, None, *gradients, *dattention, *dcell[states:]


def _saved(ctx: Any) -> tuple[AttentionTape, CellTape, Tensor, Tensor, Tensor, Tensor]:
    return ctx.saved
