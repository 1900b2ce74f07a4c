"""Dropout on sequences, standard or variational.

B sentences, T positions, F features.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Dropout(nn.Module):
    """Inverted dropout on x_BTF: features are zeroed with probability `rate` and the rest scaled by 1 / (1 - rate).

    variational: one mask a sentence, shared by all its positions (Gal and Ghahramani 2016).
    """

    def __init__(self, rate: float, variational: bool = False) -> None:
        super().__init__()
        self.rate, self.variational = rate, variational

    def mask(self, like_BTF: Tensor) -> Tensor | None:
        """The factor to multiply `like_BTF` by, (B, T or 1, F); None where nothing is dropped."""
        if not self.training or self.rate == 0:
            return None
        batch, steps, features = like_BTF.shape
        shape = (batch, 1 if self.variational else steps, features)
        return (
            torch.empty(shape, dtype=like_BTF.dtype, device=like_BTF.device)
            .bernoulli_(1 - self.rate)
            .div_(1 - self.rate)
        )

    def forward(self, x_BTF: Tensor) -> Tensor:
        mask = self.mask(x_BTF)
        return x_BTF if mask is None else x_BTF * mask
