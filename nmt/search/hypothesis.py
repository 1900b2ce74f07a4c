"""One translation found by search. T target tokens, S source tokens (both with EOS)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Hypothesis(NamedTuple):
    """tokens end with EOS unless the longest length was reached first.

    logprob: natural logarithm, summed; score: what hypotheses were ranked by; weights_TS: the attention that predicted
    each token (rows sum to 1), or None from a model without attention.
    """

    tokens: list[int]
    logprob: float
    score: float
    weights_TS: np.ndarray | None
