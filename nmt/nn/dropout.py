"""Dropout, standard or variational.

B sentences, T positions, F features.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor, nn


class Dropout(nn.Module):
    """Inverted dropout: features are zeroed with probability `rate` and the rest scaled by 1 / (1 - rate).

    variational: x is (B, T, F), and a sentence has one mask for all its positions (Gal and Ghahramani 2016).
    """

    def __init__(self, rate: float, variational: bool = False) -> None:
        super().__init__()
        self.rate, self.variational = rate, variational

    def mask(self, like: Tensor) -> Tensor | None:
        """The factor to multiply `like` by; None where nothing is dropped."""
        if not self.training or self.rate == 0:
            return None
        shape = (like.size(0), 1, like.size(-1)) if self.variational else like.shape
        return _factors(shape, self.rate, like)

    def forward(self, x: Tensor) -> Tensor:
        mask = self.mask(x)
        return x if mask is None else x * mask


def _factors(shape: Sequence[int], rate: float, like: Tensor) -> Tensor:
    """0 with probability `rate`, else 1 / (1 - rate). Each takes 16 random bits, a quarter of a draw.

    On a CPU that is several times faster than drawing a number for each; the rate is kept to 1 / 65536.
    """
    count = prod(shape)
    draws = torch.empty((count + 3) // 4, dtype=torch.int64, device=like.device).random_(-(2**63), None)
    kept = draws.view(torch.int16)[:count] >= round(rate * 65535) - 32768
    return kept.to(like.dtype).div_(1 - rate).view(*shape)


def mask_at(mask_BTF: Tensor | None, t: int) -> Tensor | None:
    """The factors of step t, (B, F); variational ones are the same at every t."""
    return None if mask_BTF is None else mask_BTF[:, min(t, mask_BTF.size(1) - 1)]
