"""Softmax and context by a compiled loop, without autograd. B sentences, M queries, S source positions, P values."""

from __future__ import annotations

import torch
from torch import Tensor

from nmt.kernels.kernels import find_kernel, take_kernel


def can_attend(values_BSP: Tensor) -> bool:
    """Whether `attend` may be called here and now."""
    free = not torch.is_grad_enabled() and values_BSP.is_contiguous()
    return free and find_kernel("attend", values_BSP) is not None


def attend(scores_BMS: Tensor, mask_BS: Tensor, values_BSP: Tensor) -> tuple[Tensor, Tensor]:
    """context_BMP of the softmax over the positions of the mask, and its weights_BMS in float32."""
    batch, queries, positions = scores_BMS.shape
    width = values_BSP.size(-1)
    penalty_BS = torch.zeros(mask_BS.shape).masked_fill_(~mask_BS, float("-inf"))
    weights_BMS, sums_BMP = torch.empty(scores_BMS.shape), torch.empty(batch, queries, width)
    context_BMP = values_BSP.new_empty(batch, queries, width)
    given = scores_BMS.float().contiguous(), penalty_BS, values_BSP, weights_BMS, sums_BMP, context_BMP
    take_kernel("attend", values_BSP)(batch, queries, positions, width, *given)
    return context_BMP, weights_BMS
