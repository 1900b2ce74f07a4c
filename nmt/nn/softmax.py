"""Logarithms of probabilities."""

from __future__ import annotations

import torch
from torch import Tensor


def log_probabilities(logits: Tensor) -> Tensor:
    """log softmax over the last dimension, in float32 at least."""
    return torch.log_softmax(logits, -1, dtype=torch.promote_types(logits.dtype, torch.float32))


def softmax_back(weights: Tensor, dweights: Tensor) -> Tensor:
    """The gradient of scores from that of their softmax over the last dimension."""
    return weights * (dweights - (weights * dweights).sum(-1, keepdim=True))
