"""Luong et al. 2015, section 3.1, dot. B sentences, M queries, S source positions, H query and memory width."""

from __future__ import annotations

from torch import Tensor

from nmt.attention.scorers.scorer import Scorer
from nmt.attention.tapes.product import ProductTape
from nmt.attention.tapes.tape import MakeAttentionTape
from nmt.errors import ConfigError


class Dot(Scorer, name="dot"):
    """score(h_t, h_s) = h_t^T h_s      Luong et al. 2015, section 3.1. Query and memory must be equally wide."""

    def __init__(self, config: Scorer.Config, *, query_dim: int, memory_dim: int) -> None:
        super().__init__()
        if query_dim != memory_dim:
            raise ConfigError(
                f"model.decoder.attention.scorer: {self.name} needs decoder and encoder states of one width, "
                f"not {query_dim} and {memory_dim}; use general, or change the dims"
            )

    def tape(self) -> tuple[MakeAttentionTape, tuple[Tensor, ...]]:
        return ProductTape, ()

    def forward(self, query_BMH: Tensor, keys_BSA: Tensor) -> Tensor:
        return query_BMH @ keys_BSA.mT
