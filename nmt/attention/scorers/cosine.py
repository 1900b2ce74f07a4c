"""Cosine. B sentences, M queries, S source positions, H query width, D memory width."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from nmt.attention.scorers.scorer import Scorer
from nmt.nn.linear import Linear


class Cosine(Scorer, name="cosine"):
    """score(h_t, h_s) = beta_t cos(k_t, h_s),  k_t = W_k h_t + b_k,  beta_t = softplus(w_beta^T h_t + b_beta)

    Graves et al. 2014, eq. 5 and 6: content-based addressing, with the key k_t and the key strength beta_t that the
    decoder emits. The paper wants beta_t positive and does not say how; softplus is our choice.
    """

    def __init__(self, config: Scorer.Config, *, query_dim: int, memory_dim: int) -> None:
        super().__init__()
        self.query = Linear(query_dim, memory_dim)
        self.strength = Linear(query_dim, 1)

    def keys(self, values_BSD: Tensor) -> Tensor:
        return F.normalize(values_BSD, dim=-1)

    def forward(self, query_BMH: Tensor, keys_BSA: Tensor) -> Tensor:
        direction_BMD = F.normalize(self.query(query_BMH), dim=-1)
        return (F.softplus(self.strength(query_BMH)) * direction_BMD).to(keys_BSA.dtype) @ keys_BSA.mT
