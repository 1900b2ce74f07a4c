"""Luong et al. 2015, 3.1, general. B sentences, M queries, S source positions, H query width, D memory width."""

from __future__ import annotations

from torch import Tensor

from nmt.attention.scorers.scorer import Scorer
from nmt.attention.tapes.product import ProductTape
from nmt.attention.tapes.tape import MakeAttentionTape
from nmt.nn.linear import Linear


class General(Scorer, name="general"):
    """score(h_t, h_s) = h_t^T W_a h_s      Luong et al. 2015, section 3.1."""

    def __init__(self, config: Scorer.Config, *, query_dim: int, memory_dim: int) -> None:
        super().__init__()
        self.key = Linear(memory_dim, query_dim, bias=False)

    def keys(self, values_BSD: Tensor) -> Tensor:
        return self.key(values_BSD)

    def tape(self) -> tuple[MakeAttentionTape, tuple[Tensor, ...]]:
        return ProductTape, ()

    def forward(self, query_BMH: Tensor, keys_BSA: Tensor) -> Tensor:
        return query_BMH @ keys_BSA.mT
