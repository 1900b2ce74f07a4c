"""RNNsearch's recurrence under teacher forcing as one autograd function.

Weight gradients are single products after the loop.

B sentences, T target positions, S source positions, H decoder, A key width, G gates.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from nmt.attention.attention import Memory
from nmt.attention.tapes.tape import AttentionTape
from nmt.decoders.loop_tapes import LoopTapes, apply_loop, start_tapes
from nmt.nn.by_hand import alike, take_saved
from nmt.nn.cell_tape import CellTape, State


def unroll_bahdanau(
    gates_TBG: Tensor, initial: State, memory: Memory, tapes: LoopTapes
) -> tuple[Tensor, Tensor, Tensor]:
    """a_i = attention(s_{i-1}, h);  s_i = cell(s_{i-1}, gates_i + sum_j a_ij C h_j). The query is the output of the
    cell, which is a single layer.

    gates_TBG: the embedding's share of the gates; the memory's values are C h_j (B, S, G), the contexts' share. Returns
    s_{i-1} and s_i (B, T, H) and weights (B, T, S).
    """
    return apply_loop(_Loop, (gates_TBG,), memory, initial, tapes)  # type: ignore[return-value]


class _Loop(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, plan: Any, mask_BS: Tensor, *given: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        gates_TBG, *tensors = alike(given)
        attend, cell = start_tapes(plan, len(gates_TBG), mask_BS, tensors)
        ctx.saved = attend, cell
        s_TBH = cell.parts[0]
        for t in range(len(gates_TBG)):
            cell.step(t, gates_TBG[t] + attend.step(t, s_TBH[t]))
        return s_TBH[:-1].clone(), s_TBH[1:].clone(), attend.weights_TBS.clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        dbefore_TBH, dafter_TBH, dweights_TBS = (grad.contiguous() for grad in grads)
        attend, cell = _saved(ctx)
        s_TBH = cell.parts[0]
        dgates_TBG = torch.empty_like(attend.context_TBP)
        dquery_BH = torch.zeros_like(s_TBH[0])
        for t in range(len(dgates_TBG) - 1, -1, -1):
            cell.step_back(t, (dafter_TBH[t] + dquery_BH,), dgates_TBG[t])
            dquery_BH = attend.step_back(t, s_TBH[t], dgates_TBG[t], dweights_TBS[t]) + dbefore_TBH[t]
        dkeys_BSA, dvalues_BSG, *dattention = attend.gradients(s_TBH[:-1])
        doutput_BH, *dcell = cell.gradients(dgates_TBG)
        dothers, dweights = dcell[: len(cell.parts) - 1], dcell[len(cell.parts) - 1 :]
        gradients = dgates_TBG, dkeys_BSA, dvalues_BSG, doutput_BH + dquery_BH, *dothers
        return None, None, *gradients, *dattention, *dweights


def _saved(ctx: Any) -> tuple[AttentionTape, CellTape]:
    return take_saved(ctx)
