"""Sampling from the unigram model: the pieces of a word out of all its segmentations."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Mapping
from itertools import accumulate
from math import exp, log
from typing import NamedTuple

from nmt.text.vocab import UNK

UNKNOWN_PENALTY = 10.0
"""An unknown character is that much less likely than the least likely piece, in nats, as in SentencePiece."""

LONGEST_KEPT = 32
"""The lattices of longer words are made again each time, because they seldom return."""


class _Arrivals(NamedTuple):
    """The pieces that end at one place of a word: their cumulative probabilities, ids and beginnings."""

    cumulative: list[float]
    ids: list[int]
    begins: list[int]


class UnigramSampler:
    """P(x | word) = p(x)^alpha / sum over all segmentations x'      Kudo 2018, section 3.3, with l = infinity.

    Forward filtering, backward sampling. `pieces` are the ids and log-probabilities of the pieces of a unigram model.
    """

    def __init__(self, pieces: Mapping[str, tuple[int, float]], alpha: float) -> None:
        self._pieces, self._alpha = pieces, alpha
        self._longest = max(map(len, pieces))
        self._unknown = min(score for _, score in pieces.values()) - UNKNOWN_PENALTY
        self._lattices: dict[str, list[_Arrivals]] = {}

    def draw(self, word: str, random: Callable[[], float]) -> list[int]:
        """Ids of the pieces of a word; `random` draws evenly from [0, 1)."""
        lattice = self._lattices.get(word) or self._make_lattice(word)
        ids: list[int] = []
        end = len(word)
        while end:
            cumulative, numbers, begins = lattice[end]
            i = bisect(cumulative, random(), 0, len(cumulative) - 1)
            if not (numbers[i] == UNK and ids and ids[-1] == UNK):
                ids.append(numbers[i])
            end = begins[i]
        ids.reverse()
        return ids

    def _make_lattice(self, word: str) -> list[_Arrivals]:
        """For each place of the word, where the piece that ends there can come from."""
        total = [0.0]
        lattice = [_Arrivals([], [], [])]
        for end in range(1, len(word) + 1):
            found = [
                (total[begin] + self._alpha * score, number, begin)
                for begin in range(max(0, end - self._longest), end)
                for number, score in self._arcs(word[begin:end])
            ]
            highest = max(found)[0]
            shares = [exp(share - highest) for share, _, _ in found]
            total.append(highest + log(sum(shares)))
            cumulative = [share / sum(shares) for share in accumulate(shares)]
            lattice.append(_Arrivals(cumulative, [number for _, number, _ in found], [begin for *_, begin in found]))
        if len(word) <= LONGEST_KEPT:
            self._lattices[word] = lattice
        return lattice

    def _arcs(self, text: str) -> list[tuple[int, float]]:
        """The piece that `text` is, if any; a single character that is none is unknown."""
        if text in self._pieces:
            return [self._pieces[text]]
        return [(UNK, self._unknown)] if len(text) == 1 else []
