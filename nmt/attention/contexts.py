"""Weights of source positions times what is there. B sentences, M queries, S source positions, P width."""

from __future__ import annotations

import torch
from torch import Tensor

from nmt.kernels.kernels import find_kernel

FEW_QUERIES = 12
"""Up to so many the compiled loop is faster than PyTorch's product."""


def contexts(weights_BMS: Tensor, values_BSP: Tensor) -> Tensor:
    """context_BMP in the type of products. In search by a compiled loop, which there is for bfloat16 alone, that reads
    the values once for a few queries."""
    batch, queries, positions = weights_BMS.shape
    mix = find_kernel("contexts", values_BSP)
    if mix is None or torch.is_grad_enabled() or queries > FEW_QUERIES:
        return weights_BMS.to(values_BSP.dtype) @ values_BSP
    context_BMP = values_BSP.new_empty(batch, queries, values_BSP.size(-1))
    given = weights_BMS.float().contiguous(), values_BSP.contiguous(), context_BMP
    mix(batch, queries, positions, values_BSP.size(-1), *given)
    return context_BMP
