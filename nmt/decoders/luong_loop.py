"""Luong's recurrence with input feeding under teacher forcing as one autograd function.

Weight gradients are single products after the loop.

B sentences, T target positions, S source positions, H decoder, A key width, F attentional state, G gates.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from nmt.attention.attention import Memory
from nmt.attention.tapes.tape import AttentionTape
from nmt.decoders.loop_tapes import LoopTapes, apply_loop, start_tapes
from nmt.kernels.product import PackedLinear, product_over_rows
from nmt.nn.by_hand import alike, take_saved
from nmt.nn.cell_tape import CellTape, State


def unroll_input_feeding(
    gates_TBG: Tensor,
    initial: State,
    memory: Memory,
    weights: tuple[Tensor, Tensor],
    tapes: LoopTapes,
) -> tuple[Tensor, Tensor]:
    """h_t = cell(h_{t-1}, gates_t + W_f h~_{t-1});  a_t = attention(h_t);  h~_0 = 0
    h~_t = tanh(W_h h_t + sum_s a_t(s) W_d h_s), with [W_d; W_h] = W_c

    gates_TBG: the embedding's share of the gates; weights: W_f (G, F) and W_h (F, H); the memory's values are W_d h_s
    (B, S, F). Returns h~ (B, T, F) and weights (B, T, S).
    """
    return apply_loop(_Loop, (gates_TBG, *weights), memory, initial, tapes)  # type: ignore[return-value]


class _Loop(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, plan: Any, mask_BS: Tensor, *given: Tensor) -> tuple[Tensor, Tensor]:
        gates_TBG, weight_fed, weight_output, *tensors = alike(given)
        attend, cell = start_tapes(plan, len(gates_TBG), mask_BS, tensors)
        steps, batch, _ = gates_TBG.shape
        fed_TBF = gates_TBG.new_zeros(steps + 1, batch, len(weight_output))
        feed, output = PackedLinear(weight_fed), PackedLinear(weight_output)
        ctx.saved = attend, cell, fed_TBF, feed, output
        for t in range(steps):
            h_BH = cell.step(t, feed.forward(fed_TBF[t], gates_TBG[t]))
            torch.tanh(output.forward(h_BH, attend.step(t, h_BH)), out=fed_TBF[t + 1])
        return fed_TBF[1:].clone(), attend.weights_TBS.clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        doutput_TBF, dweights_TBS = (grad.contiguous() for grad in grads)
        attend, cell, fed_TBF, feed, output = _saved(ctx)
        h_TBH = cell.output_TBH
        steps, batch, _ = doutput_TBF.shape
        dgates_TBG = doutput_TBF.new_empty(steps, batch, len(feed.weight_OI))
        dinner_TBF = 1 - fed_TBF[1:] * fed_TBF[1:]
        dfed_BF = torch.zeros_like(fed_TBF[0])
        for t in range(steps - 1, -1, -1):
            dinner_BF = dinner_TBF[t].mul_(doutput_TBF[t] + dfed_BF)
            dquery_BH = attend.step_back(t, h_TBH[t], dinner_BF, dweights_TBS[t])
            cell.step_back(t, (output.backward(dinner_BF, dquery_BH),), dgates_TBG[t])
            dfed_BF = feed.backward(dgates_TBG[t])
        dinner, dgates = dinner_TBF.flatten(0, 1), dgates_TBG.flatten(0, 1)
        dfeed = product_over_rows(dgates, fed_TBF[:-1].flatten(0, 1))
        dweights = dfeed, product_over_rows(dinner, h_TBH.flatten(0, 1))
        dkeys_BSA, dvalues_BSF, *dattention = attend.gradients(h_TBH)
        dcell = cell.gradients(dgates_TBG)
        states = len(cell.parts)
        gradients = dgates_TBG, *dweights, dkeys_BSA, dvalues_BSF, *dcell[:states]
        return None, None, *gradients, *dattention, *dcell[states:]


def _saved(ctx: Any) -> tuple[AttentionTape, CellTape, Tensor, PackedLinear, PackedLinear]:
    return take_saved(ctx)
