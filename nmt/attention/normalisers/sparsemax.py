"""Sparsemax. B sentences, M queries, S source positions."""

from __future__ import annotations

import torch
from torch import Tensor

from nmt.attention.normalisers.normaliser import Normaliser


class Sparsemax(Normaliser, name="sparsemax"):
    """argmin over distributions p of |p - z|^2: p_i = max(z_i - tau, 0) with tau such that p sums to 1

    Martins and Astudillo 2016, algorithm 1. tau is (sum of z - 1) / k over the k entries where p > 0; its derivative
    gives the Jacobian of their section 2.5, diag(s) - s s^T / k, s being 1 at those entries.
    """

    def forward(self, scores_BMS: Tensor, inside_BMS: Tensor) -> Tensor:
        masked_BMS = scores_BMS.masked_fill(~inside_BMS, float("-inf"))
        z_BMS = masked_BMS - masked_BMS.detach().amax(-1, keepdim=True)
        support_BMS = _support(z_BMS.detach())
        count_BM1 = support_BMS.sum(-1, keepdim=True)
        tau_BM1 = (z_BMS.masked_fill(~support_BMS, 0).sum(-1, keepdim=True) - 1) / count_BM1
        return (z_BMS - tau_BM1).clamp(min=0).masked_fill(~support_BMS, 0)


def _support(z_BMS: Tensor) -> Tensor:
    """Where sparsemax is above 0: the k highest, with the largest k for which 1 + k z_(k) > z_(1) + ... + z_(k).

    A row with NaN is all True, so that NaN shows in the weights.
    """
    sorted_BMS = z_BMS.sort(-1, descending=True).values
    rank_S = torch.arange(1, z_BMS.size(-1) + 1, device=z_BMS.device)
    counted_BMS = 1 + rank_S * sorted_BMS > sorted_BMS.cumsum(-1)
    lowest_BM1 = sorted_BMS.gather(-1, counted_BMS.sum(-1, keepdim=True).clamp(min=1) - 1)
    return ~(z_BMS < lowest_BM1)
