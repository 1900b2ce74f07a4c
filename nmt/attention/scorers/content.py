"""Scores of source states by themselves. B sentences, M queries, S source positions, D memory width, A hidden width."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from nmt.attention.scorers.scorer import Scorer
from nmt.nn.linear import Linear


class Content(Scorer, name="content"):
    """score(h_s) = u^T act(W h_s), the same for every query      Lin et al. 2017, eq. 5 (act = tanh)."""

    reads_query = False

    class Config(Scorer.Config):
        """Settings of content."""

        dim: PositiveInt = 512
        """Width of the hidden layer."""
        activation: Literal["tanh", "relu", "identity"] = "tanh"
        """act of the hidden layer."""

    def __init__(self, config: Config, *, query_dim: int, memory_dim: int) -> None:
        super().__init__()
        self.key = Linear(memory_dim, config.dim, bias=False)
        self.energy = nn.Parameter(torch.empty(config.dim))
        self.activation = {"tanh": nn.Tanh(), "relu": nn.ReLU(), "identity": nn.Identity()}[config.activation]

    def keys(self, values_BSD: Tensor) -> Tensor:
        """The scores themselves, (B, S, 1)."""
        hidden_BSA = self.activation(self.key(values_BSD))
        return (hidden_BSA @ self.energy.to(hidden_BSA.dtype))[..., None]

    def forward(self, query_BMH: Tensor, keys_BSA: Tensor) -> Tensor:
        return keys_BSA.mT.expand(-1, query_BMH.size(1), -1)
