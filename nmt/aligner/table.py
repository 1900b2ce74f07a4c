"""The translation table t(target | source), kept only for words that occur together.

P distinct word pairs, G given words (the source words and NULL).
"""

from __future__ import annotations

import torch
from torch import Tensor


class TranslationTable:
    """t(e | g) for each of the P word pairs; at first all words that occur with g are equally probable.

    `given_P` is the word on which each pair's other word depends; pairs that are False in `allowed_P` never have a
    probability. With `alpha` 0 the counts are normalised (Brown et al. 1993, eq. 14); above it they are those of a
    symmetric Dirichlet prior in variational Bayes, which takes from rare words their false certainty:
    t = exp(psi(c + alpha) - psi(sum c + alpha * n_g))      Riley and Gildea 2012, eq. 4,
    n_g being the words that occur with g.
    """

    LEAST = 1e-100
    """Below it a word that nothing explains would have no posterior: exp(psi(0.001)) is 0 in 64 bits."""

    def __init__(self, given_P: Tensor, alpha: float, allowed_P: Tensor | None = None) -> None:
        self._given_P = given_P
        self._alpha = alpha
        self._allowed_P = torch.ones_like(given_P, dtype=torch.bool) if allowed_P is None else allowed_P
        self._size_G = torch.bincount(given_P, self._allowed_P).double()
        self.prob_P = self._allowed_P / self._size_G[given_P]

    def maximise(self, counts_P: Tensor) -> None:
        """Takes the table that fits expected counts best."""
        total_G = torch.zeros_like(self._size_G).index_add_(0, self._given_P, counts_P)
        if self._alpha == 0:
            self.prob_P = (counts_P / total_G[self._given_P]).nan_to_num_(0.0)
            return
        log_norm_G = torch.digamma(total_G + self._alpha * self._size_G)
        self.prob_P = (torch.digamma(counts_P + self._alpha) - log_norm_G[self._given_P]).exp_().clamp_(min=self.LEAST)
        self.prob_P *= self._allowed_P
