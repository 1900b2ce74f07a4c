"""Hardmax. B sentences, M queries, S source positions."""

from __future__ import annotations

import torch
from torch import Tensor

from nmt.attention.normalisers.normaliser import Normaliser


class Hardmax(Normaliser, name="hardmax"):
    """a(s) = 1 where the score is highest, the first of equals, and 0 elsewhere.

    Its gradient is that of the softmax of the same scores: the straight-through estimate, Bengio et al. 2013, section
    4, with the softmax as in Jang et al. 2017, section 2.2, without its noise.
    """

    def forward(self, scores_BMS: Tensor, inside_BMS: Tensor) -> Tensor:
        soft_BMS = torch.softmax(scores_BMS.masked_fill(~inside_BMS, float("-inf")), -1)
        best_BM1 = soft_BMS.argmax(-1, keepdim=True)
        hard_BMS = torch.zeros_like(soft_BMS).scatter(-1, best_BM1, 1.0)
        return hard_BMS + (soft_BMS - soft_BMS.detach())
