"""IBM model 1, and fast_align's version of model 2: target words choose their source words independently.

B sentence pairs, T target words, S source words with NULL as column 0.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nmt.aligner.positions import Emissions, Expected, Positions


class IndependentPositions(Positions):
    """p(a_t = s) = 1 / (S + 1), NULL being one of them: model 1.      Brown et al. 1993, eq. 5.

    With `tension` lambda above 0 the diagonal is favoured: NULL has probability p_0 = 0.08 and source word s the rest
    in proportion to exp(-lambda |t / T - s / S|).      Dyer et al. 2013, eq. 1.
    """

    NULL_PROBABILITY = 0.08

    def __init__(self, tension: float = 0.0) -> None:
        self._tension = tension

    def expect(self, emissions: Emissions) -> Expected:
        joint_BTS = emissions.prob_BTS * self._prior(emissions)
        norm_BT = joint_BTS.sum(-1)
        posterior_BTS = joint_BTS / norm_BT[:, :, None]
        posterior_BTS *= emissions.real_BT[:, :, None]
        return Expected(posterior_BTS, norm_BT[emissions.real_BT].log().sum())

    def maximise(self) -> None:
        """Nothing is learned here."""

    def _prior(self, emissions: Emissions) -> Tensor:
        """p(a_t = s), of shape (B, 1, S) or (B, T, S)."""
        real_BS, real_BT = emissions.real_BS.double(), emissions.real_BT
        src_len_B11 = real_BS.sum(1)[:, None, None]
        if not self._tension:
            return torch.ones_like(real_BS[:, None]) / (src_len_B11 + 1)
        places_S = torch.arange(real_BS.size(1)).double()
        places_T1 = torch.arange(1, real_BT.size(1) + 1).double()[:, None]
        distance_BTS = (places_T1 / real_BT.sum(1)[:, None, None] - places_S / src_len_B11).abs()
        weight_BTS = (-self._tension * distance_BTS).exp() * real_BS[:, None]
        prior_BTS = weight_BTS * ((1 - self.NULL_PROBABILITY) / weight_BTS.sum(-1, keepdim=True))
        prior_BTS[:, :, 0] = self.NULL_PROBABILITY
        return prior_BTS
