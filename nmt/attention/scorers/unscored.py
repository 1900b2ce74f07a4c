"""No scores, for weights that need none. B sentences, M queries, S source positions, H query width, D memory width."""

from __future__ import annotations

from torch import Tensor

from nmt.attention.scorers.scorer import Scorer


class Unscored(Scorer):
    """score = 0. No choice of a config: attention takes it where its normaliser reads no scores."""

    reads_query = False
    reads_source = False

    def keys(self, values_BSD: Tensor) -> Tensor:
        return values_BSD[..., :0]

    def forward(self, query_BMH: Tensor, keys_BSA: Tensor) -> Tensor:
        return query_BMH.new_zeros(()).expand(*query_BMH.shape[:2], keys_BSA.size(1))
