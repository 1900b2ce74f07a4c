"""Embeddings of words."""

from __future__ import annotations

from torch import Tensor, nn

from nmt.nn.filling import Filled
from nmt.nn.products import products_at_work


class Embedding(Filled, nn.Embedding):
    """As PyTorch's; the products at work are told what was looked up."""

    def forward(self, input: Tensor) -> Tensor:
        x, products = super().forward(input), products_at_work.get()
        if products is not None:
            products.looked_up(x, input, self.weight)
        return x
