"""Luong et al. 2015, 3.1, concat. B sentences, M queries, S source positions, H query, D memory, A hidden width."""

from __future__ import annotations

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from nmt.attention.scorers.scorer import Scorer
from nmt.attention.tapes.additive import AdditiveTape
from nmt.attention.tapes.tape import MakeAttentionTape


class Concat(Scorer, name="concat"):
    """score(h_t, h_s) = v_a^T tanh(W_a [h_t; h_s])      Luong et al. 2015, section 3.1.

    With W_a split into the query's block W and the source's block U it is v_a^T tanh(W s_{i-1} + U h_j), the alignment
    model of Bahdanau et al. 2014, A.1.2.
    """

    class Config(Scorer.Config):
        """Settings of concat."""

        dim: PositiveInt = 512
        """Width of the hidden layer."""

    def __init__(self, config: Config, *, query_dim: int, memory_dim: int) -> None:
        super().__init__()
        self.query = nn.Linear(query_dim, config.dim, bias=False)
        self.key = nn.Linear(memory_dim, config.dim, bias=False)
        self.energy = nn.Parameter(torch.empty(config.dim))

    def keys(self, values_BSD: Tensor) -> Tensor:
        return self.key(values_BSD)

    def tape(self) -> tuple[MakeAttentionTape, tuple[Tensor, ...]]:
        return AdditiveTape, (self.query.weight, self.energy)

    def forward(self, query_BMH: Tensor, keys_BSA: Tensor) -> Tensor:
        return torch.tanh(self.query(query_BMH)[:, :, None] + keys_BSA[:, None]) @ self.energy.to(keys_BSA.dtype)
