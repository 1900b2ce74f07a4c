"""The contract of a position model: which source word a target word comes from, before the words are looked at.

B sentence pairs, T target words, S source words with NULL as column 0.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor


class Emissions(NamedTuple):
    """What words a batch has. At padding: 0 in columns, 1 in rows."""

    prob_BTS: Tensor
    """t(target word | source word)."""
    real_BS: Tensor
    """True at source words, False at NULL and padding."""
    real_BT: Tensor
    """True at target words."""


class Expected(NamedTuple):
    """posterior_BTS: p(a_t = s | both sentences), rows sum to 1 and are 0 at padding; log_likelihood: of the batch."""

    posterior_BTS: Tensor
    log_likelihood: Tensor


class Positions(ABC):
    """p(a | S, T), with the expectation step for any table and the maximisation step of its own parameters."""

    @abstractmethod
    def expect(self, emissions: Emissions) -> Expected:
        """The posterior of each link; adds to the counts that `maximise` uses."""

    @abstractmethod
    def maximise(self) -> None:
        """Takes the parameters that fit the counts since the last call."""


def emissions(prob_BTS: Tensor, src_len_B: Tensor, tgt_len_B: Tensor) -> Emissions:
    """The emissions of a batch from the table's probabilities; lengths do not count NULL."""
    places_S, places_T = torch.arange(prob_BTS.size(2)), torch.arange(prob_BTS.size(1))
    within_BS = places_S <= src_len_B[:, None]
    real_BT = places_T < tgt_len_B[:, None]
    prob_BTS = prob_BTS.masked_fill(~real_BT[:, :, None], 1.0).masked_fill_(~within_BS[:, None], 0.0)
    return Emissions(prob_BTS, within_BS & (places_S > 0), real_BT)
