"""Scores by a hidden layer of query and source together. B sentences, M queries, S source positions, H query width,
D memory width, A hidden width."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nmt.attention.scorers.hidden_scores import hidden_scores
from nmt.attention.scorers.scorer import Scorer
from nmt.attention.tapes.additive_kernel import make_additive_tape
from nmt.attention.tapes.tape import MakeAttentionTape
from nmt.nn.linear import Linear


class Perceptron(Scorer):
    """score(h_t, h_s) = v^T tanh(W h_t + key_s). What a key is, subclasses say."""

    def __init__(self, *, query_dim: int, dim: int) -> None:
        super().__init__()
        self.query = Linear(query_dim, dim, bias=False)
        self.energy = nn.Parameter(torch.empty(dim))

    def tape(self) -> tuple[MakeAttentionTape, tuple[Tensor, ...]]:
        return make_additive_tape, (self.query.weight, self.energy)

    def forward(self, query_BMH: Tensor, keys_BSA: Tensor) -> Tensor:
        return hidden_scores(self.query(query_BMH), keys_BSA, self.energy)
