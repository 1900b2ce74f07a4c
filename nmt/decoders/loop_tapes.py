"""The two tapes of a decoder's loop, attention and cell, and their tensors on the way through one autograd function.

B sentences, T target positions, S source positions, H decoder, A key width, G gates, P values of the memory.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from nmt.attention.attention import Memory
from nmt.attention.tapes.tape import AttentionTape, MakeAttentionTape
from nmt.nn.cell_tape import CellTape, MakeTape, State


class LoopTapes(NamedTuple):
    """How a loop makes its tapes, each with its weights."""

    attention: tuple[MakeAttentionTape, tuple[Tensor, ...]]
    cell: tuple[MakeTape, tuple[Tensor, ...]]


class _Plan(NamedTuple):
    make_attention: MakeAttentionTape
    attention_weights: int
    make_cell: MakeTape
    states: int


def apply_loop(
    loop: type[torch.autograd.Function],
    inputs: tuple[Tensor, ...],
    memory: Memory,
    initial: State,
    tapes: LoopTapes,
) -> tuple[Tensor, ...]:
    """Results of the loop, (B, T, ·) each, all computed in the type of inputs[0], the gates (T, B, G).

    The loop receives (plan, mask_BS, *inputs, keys_BSA, values_BSP, *rest), for `alike` and then `start_tapes`.
    """
    (make_attention, attention_weights), (make_cell, cell_weights) = tapes
    plan = _Plan(make_attention, len(attention_weights), make_cell, len(initial))
    tensors = [*inputs, memory.keys_BSA, memory.values_BSP, *initial, *attention_weights, *cell_weights]
    results = loop.apply(plan, memory.mask_BS.contiguous(), *tensors)
    return tuple(result.transpose(0, 1) for result in results)  # type: ignore[union-attr]


def start_tapes(plan: _Plan, steps: int, mask_BS: Tensor, tensors: list[Tensor]) -> tuple[AttentionTape, CellTape]:
    """Both tapes at step 0; tensors: keys_BSA, values_BSP and what `apply_loop` put after them."""
    keys_BSA, values_BSP, *rest = tensors
    initial, weights = rest[: plan.states], rest[plan.states :]
    attend = plan.make_attention(steps, mask_BS, keys_BSA, values_BSP, *weights[: plan.attention_weights])
    return attend, plan.make_cell(steps, *initial, *weights[plan.attention_weights :])
