"""Weights of source positions times what is there. B sentences, M queries, S source positions, P width."""

from __future__ import annotations

import torch
from torch import Tensor

from nmt.kernels.kernels import find_kernel

FEW_QUERIES = 16
"""Up to so many the compiled loop is faster than PyTorch's product."""


def contexts(weights_BMS: Tensor, values_BSP: Tensor) -> Tensor:
    """context_BMP in the type of products. In search a compiled loop reads the values once for all queries."""
    batch, queries, positions = weights_BMS.shape
    rounds = torch.is_autocast_enabled("cpu") and values_BSP.dtype == torch.float32
    mix = find_kernel("contexts", values_BSP)
    if mix is None or torch.is_grad_enabled() or rounds or queries > FEW_QUERIES:
        return weights_BMS.to(values_BSP.dtype) @ values_BSP
    context_BMP = values_BSP.new_empty(batch, queries, values_BSP.size(-1))
    mix(
        *context_BMP.shape[:2],
        positions,
        values_BSP.size(-1),
        weights_BMS.float().contiguous(),
        values_BSP.contiguous(),
        context_BMP,
    )
    return context_BMP
