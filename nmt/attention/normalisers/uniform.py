"""The mean. B sentences, M queries, S source positions."""

from __future__ import annotations

from torch import Tensor

from nmt.attention.normalisers.normaliser import Normaliser


class Uniform(Normaliser, name="uniform"):
    """a(s) = 1 / n for the n positions of the window: the context is the mean of their states, whatever the query."""

    reads_scores = False

    def forward(self, scores_BMS: Tensor, inside_BMS: Tensor) -> Tensor:
        count_BM1 = inside_BMS.sum(-1, keepdim=True).to(scores_BMS.dtype)
        return (inside_BMS / count_BM1).expand_as(scores_BMS)
