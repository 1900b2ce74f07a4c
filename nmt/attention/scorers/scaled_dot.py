"""Vaswani et al. 2017, scaled dot product. B sentences, S source, H query, D memory width."""

from __future__ import annotations

from torch import Tensor

from nmt.attention.scorers.dot import Dot


class ScaledDot(Dot, name="scaled_dot"):
    """score(h_t, h_s) = h_t^T h_s / sqrt(H)      Vaswani et al. 2017, eq. 1. Query and memory must be equally wide."""

    def keys(self, values_BSD: Tensor) -> Tensor:
        return values_BSD * values_BSD.size(-1) ** -0.5
