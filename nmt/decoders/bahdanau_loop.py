"""RNNsearch's recurrence under teacher forcing as one autograd function.

Weight gradients are single products after the loop.

B sentences, T target positions, S source positions, H decoder, D memory, A key width, G gates.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from nmt.attention.attention import Memory
from nmt.attention.tapes.tape import AttentionTape
from nmt.decoders.loop_tapes import LoopTapes, apply_loop, start_tapes
from nmt.nn.by_hand import take_saved
from nmt.nn.cell_tape import CellTape, State


def unroll_bahdanau(
    gates_TBG: Tensor,
    initial: State,
    memory: Memory,
    weight_context: Tensor,
    tapes: LoopTapes,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """c_i = attention(s_{i-1}, h);  s_i = cell(s_{i-1}, gates_i + C c_i). The query is the cell's output.

    gates_TBG: the embedding's share of the gates; weight_context: C (G, D). Returns s_{i-1} and s_i (B, T, H), contexts
    (B, T, D) and weights (B, T, S).
    """
    return apply_loop(_Loop, (gates_TBG, weight_context), memory, initial, tapes)  # type: ignore[return-value]


class _Loop(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, plan: Any, mask_BS: Tensor, gates_TBG: Tensor, *tensors: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        weight_context = tensors[0]
        attend, cell = start_tapes(plan, len(gates_TBG), mask_BS, tensors[1:])
        ctx.saved = attend, cell, weight_context
        s_TBH = cell.parts[0]
        for t in range(len(gates_TBG)):
            context_BD = attend.step(t, s_TBH[t])
            cell.step(t, torch.addmm(gates_TBG[t], context_BD, weight_context.t()))
        return s_TBH[:-1].clone(), s_TBH[1:].clone(), attend.context_TBD.clone(), attend.weights_TBS.clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        dbefore_TBH, dafter_TBH, dcontext_TBD, dweights_TBS = grads
        attend, cell, weight_context = _saved(ctx)
        s_TBH = cell.parts[0]
        dgates_TBG = dafter_TBH.new_empty(*dafter_TBH.shape[:2], len(weight_context))
        dquery_BH = torch.zeros_like(s_TBH[0])
        for t in range(len(dgates_TBG) - 1, -1, -1):
            cell.step_back(t, (dafter_TBH[t] + dquery_BH,), dgates_TBG[t])
            dcontext_BD = torch.addmm(dcontext_TBD[t], dgates_TBG[t], weight_context)
            dquery_BH = attend.step_back(t, s_TBH[t], dcontext_BD, dweights_TBS[t]) + dbefore_TBH[t]
        dweight_context = dgates_TBG.flatten(0, 1).t() @ attend.context_TBD.flatten(0, 1)
        dkeys_BSA, dvalues_BSD, *dattention = attend.gradients(s_TBH[:-1])
        doutput_BH, *dcell = cell.gradients(dgates_TBG)
        dothers, dweights = dcell[: len(cell.parts) - 1], dcell[len(cell.parts) - 1 :]
        gradients = dgates_TBG, dweight_context, dkeys_BSA, dvalues_BSD, doutput_BH + dquery_BH, *dothers
        return None, None, *gradients, *dattention, *dweights


def _saved(ctx: Any) -> tuple[AttentionTape, CellTape, Tensor]:
    return take_saved(ctx)
