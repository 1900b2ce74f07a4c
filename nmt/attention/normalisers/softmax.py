"""Softmax. B sentences, M queries, S source positions."""

from __future__ import annotations

import torch
from torch import Tensor

from nmt.attention.normalisers.normaliser import Normaliser


class Softmax(Normaliser, name="softmax"):
    """a(s) = exp(e_s) / sum_s' exp(e_s')      Bahdanau et al. 2014, eq. 6; Luong et al. 2015, eq. 7."""

    def forward(self, scores_BMS: Tensor, inside_BMS: Tensor) -> Tensor:
        return torch.softmax(scores_BMS.masked_fill(~inside_BMS, float("-inf")), -1)
