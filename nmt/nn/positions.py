"""Embeddings that know where they stand.

B sentences, T positions, E embedding, D width of the model.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nmt.nn.dropout import Dropout
from nmt.nn.linear import Linear


class Positioned(nn.Module):
    """x_t = dropout(sqrt(E) e_t + PE(t))      Vaswani et al. 2017, sections 3.4, 3.5 and 5.4.

    Where the embedding is not as wide as the model, a matrix without bias takes sqrt(E) e_t to D features.
    """

    def __init__(self, input_dim: int, dim: int, dropout: float) -> None:
        super().__init__()
        self.dim, self.scale = dim, input_dim**0.5
        self.widen = nn.Identity() if input_dim == dim else Linear(input_dim, dim, bias=False)
        self.dropout = Dropout(dropout)

    def forward(self, x_BTE: Tensor, first: int = 0) -> Tensor:
        """x_BTD of embeddings that stand at the positions `first`, `first` + 1, ..."""
        x_BTD = self.widen(x_BTE * self.scale)
        position_T = torch.arange(first, first + x_BTE.size(1), device=x_BTE.device)
        precise = torch.promote_types(x_BTD.dtype, torch.float32)
        return self.dropout(x_BTD + sinusoids(position_T.to(precise), self.dim))


def sinusoids(position_T: Tensor, dim: int) -> Tensor:
    """PE(t, 2i) = sin(t / 10000^(2i / D)), PE(t, 2i + 1) = cos(t / 10000^(2i / D)), (T, D); 3.5, counting from 0."""
    even_I = torch.arange(0, dim, 2, device=position_T.device, dtype=position_T.dtype)
    angle_TI = position_T[:, None] * 10000 ** (-even_I / dim)
    return torch.stack([angle_TI.sin(), angle_TI.cos()], -1).flatten(1)[:, :dim]
