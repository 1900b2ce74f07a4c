"""The feed-forward network of a Transformer layer."""

from __future__ import annotations

from torch import Tensor, nn

from nmt.nn.dropout import Dropout
from nmt.nn.linear import Linear


class FeedForward(nn.Module):
    """FFN(x) = max(0, x W_1 + b_1) W_2 + b_2, at each position by itself      Vaswani et al. 2017, eq. 2."""

    def __init__(self, dim: int, hidden_dim: int, dropout: float) -> None:
        super().__init__()
        self.hidden = Linear(dim, hidden_dim)
        self.output = Linear(hidden_dim, dim)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(..., D) from (..., D); dropout acts on the hidden layer."""
        return self.output(self.dropout(self.hidden(x).relu()))
