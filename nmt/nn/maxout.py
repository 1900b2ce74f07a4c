"""Maxout. F features in, any leading shape."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nmt.nn.linear import Linear, for_products, linear


class Maxout(nn.Module):
    """t_j = max(t'_{2j-1}, t'_{2j}) for j = 1 .. dim, with t' = W x + b      Goodfellow et al. 2013, Bahdanau A.2.2."""

    def __init__(self, input_dim: int, dim: int) -> None:
        super().__init__()
        self.linear = Linear(input_dim, 2 * dim)

    def forward(self, parts: list[Tensor], product: Tensor | None = None) -> Tensor:
        """(..., dim) from the concatenation of `parts`; of inputs after them `product` (..., 2 dim) is W's share."""
        inputs = torch.cat([for_products(part) for part in parts], -1)
        if product is None:
            inner = self.linear(inputs)
        else:
            inner = linear(inputs, self.linear.weight[:, : inputs.size(-1)], self.linear.bias) + product
        first, second = inner.unflatten(-1, (-1, 2)).unbind(-1)
        return torch.maximum(first, second)
