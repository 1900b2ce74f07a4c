"""Linguistic coverage. N hypotheses, B sentences, S source positions, H decoder state, D memory, C = P = 1."""

from __future__ import annotations

import torch
from pydantic import PositiveFloat
from torch import Tensor

from nmt.attention.coverage.coverage import Coverage
from nmt.nn.linear import Linear


class Linguistic(Coverage, name="linguistic"):
    """C_{i,j} = C_{i-1,j} + alpha_{i,j} / Phi_j: how much of x_j is translated      Tu et al. 2016, section 3.1.

    The fertility Phi_j = N sigmoid(U_f h_j) is the number of target words that x_j is expected to make, at most N;
    without it Phi_j = 1.
    """

    dim = 1

    class Config(Coverage.Config):
        """Settings of linguistic coverage."""

        max_fertility: PositiveFloat | None = 2.0
        """N, the most target words that one source word can make; null: no fertility, each makes one."""

    def __init__(self, config: Config, *, query_dim: int, memory_dim: int) -> None:
        super().__init__()
        self.max_fertility = config.max_fertility
        self.fertility = None if config.max_fertility is None else Linear(memory_dim, 1, bias=False)

    def features(self, values_BSD: Tensor) -> Tensor:
        if self.fertility is None or self.max_fertility is None:
            return torch.ones_like(values_BSD[..., :1])
        return self.max_fertility * torch.sigmoid(self.fertility(values_BSD))

    def forward(self, coverage_NSC: Tensor, weights_NS: Tensor, features_NSP: Tensor, state_NH: Tensor) -> Tensor:
        return coverage_NSC + weights_NS[..., None] / features_NSP
