"""BPE-dropout: the pieces of a word when merges fail at random."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import log

from nmt.text.vocab import UNK

LONGEST_KEPT = 32
"""What was found out about longer words is forgotten again, because it grows with the square of their length."""


class BPEDropout:
    """Provilkov et al. 2020, algorithm 1, with one occurrence of a pair merged at a time, the leftmost first.

    `ids` are the pieces of a BPE model, numbered in the order of their merges; `rate` is the probability p that a merge
    is dropped, 0 < p < 1. Every possible merge of the present pieces is dropped or not, the best of those left is made,
    and so on until none is left.
    """

    def __init__(self, ids: Mapping[str, int], rate: float) -> None:
        self._ids = ids
        self._per_kept, self._per_dropped = 1 / log(1 - rate), 1 / log(rate)
        self._words: dict[str, _Split] = {}
        self._splits: dict[tuple[str, ...], _Split] = {}

    def draw(self, word: str, random: Callable[[], float]) -> tuple[int, ...]:
        """Ids of the pieces of a word; `random` draws evenly from [0, 1).

        Draws how many best merges are made before one is dropped, and how many more are dropped then, instead of one
        number for each merge: the same distribution.
        """
        splits = self._splits if len(word) <= LONGEST_KEPT else {}
        split = self._words.get(word) or self._split(splits, tuple(word))
        if splits is self._splits:
            self._words[word] = split
        while True:
            path = split.path or self._find_path(splits, split)
            kept = int(log(1 - random()) * self._per_kept)
            if kept >= len(path) - 1:
                return path[-1].ids
            split = path[kept]
            place = 1 + int(log(1 - random()) * self._per_dropped)
            if place >= len(split.merges):
                return split.ids
            split = self._merged(splits, split, place)

    def _find_path(self, splits: dict[tuple[str, ...], _Split], split: _Split) -> list[_Split]:
        """All splits from this one to the last, by best merges; kept for the next time."""
        split.path.append(split)
        while split.path[-1].merges:
            split.path.append(self._merged(splits, split.path[-1], 0))
        return split.path

    def _merged(self, splits: dict[tuple[str, ...], _Split], split: _Split, place: int) -> _Split:
        i, pieces = split.merges[place], split.pieces
        return self._split(splits, (*pieces[:i], pieces[i] + pieces[i + 1], *pieces[i + 2 :]))

    def _split(self, splits: dict[tuple[str, ...], _Split], pieces: tuple[str, ...]) -> _Split:
        if pieces not in splits:
            splits[pieces] = _Split(pieces, self._ids)
        return splits[pieces]


class _Split:
    """A word in `pieces`; `merges` are the places of the pairs that can be merged, best first."""

    __slots__ = ("ids", "merges", "path", "pieces")

    def __init__(self, pieces: tuple[str, ...], ids: Mapping[str, int]) -> None:
        self.pieces = pieces
        numbers = [ids.get(piece, UNK) for piece in pieces]
        self.ids = tuple(n for i, n in enumerate(numbers) if n != UNK or i == 0 or numbers[i - 1] != UNK)
        pairs = [(ids.get(pieces[i] + pieces[i + 1]), i) for i in range(len(pieces) - 1)]
        self.merges = [i for _, i in sorted((n, i) for n, i in pairs if n is not None)]
        self.path: list[_Split] = []
