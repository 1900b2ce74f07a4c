"""BLEU of one sentence, on any tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from math import exp, log

ORDER = 4


def sentence_bleu(hyp: Sequence[Hashable], ref: Sequence[Hashable]) -> float:
    """0 to 1, with one added to matches and totals of all n-grams but single words, so that a sentence without a common
    4-gram is worth something      Lin and Och 2004, section 4 (BLEUS).

    A sentence without a common word is worth 0.
    """
    matches = [_matches(hyp, ref, n) for n in range(1, ORDER + 1)]
    if matches[0] == 0:
        return 0.0
    totals = [max(0, len(hyp) - n + 1) for n in range(1, ORDER + 1)]
    logs = [log((m + (n > 0)) / (total + (n > 0))) for n, (m, total) in enumerate(zip(matches, totals, strict=True))]
    return exp(min(0.0, 1 - len(ref) / len(hyp)) + sum(logs) / ORDER)


def _matches(hyp: Sequence[Hashable], ref: Sequence[Hashable], n: int) -> int:
    """n-grams of `hyp` that are in `ref`, each as often as it is there."""
    hyp_counts, ref_counts = _ngrams(hyp, n), _ngrams(ref, n)
    return sum(min(count, ref_counts[ngram]) for ngram, count in hyp_counts.items())


def _ngrams(tokens: Sequence[Hashable], n: int) -> Counter[tuple[Hashable, ...]]:
    return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))
