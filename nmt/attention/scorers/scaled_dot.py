"""Vaswani et al. 2017, scaled dot product. B sentences, M queries, S source positions, H query and memory width."""

from __future__ import annotations

from torch import Tensor

from nmt.attention.scorers.dot import Dot


class ScaledDot(Dot, name="scaled_dot"):
    """score(h_t, h_s) = h_t^T h_s / sqrt(H)      Vaswani et al. 2017, eq. 1. Query and memory must be equally wide."""

    def forward(self, query_BMH: Tensor, keys_BSA: Tensor) -> Tensor:
        return super().forward(query_BMH * query_BMH.size(-1) ** -0.5, keys_BSA)
