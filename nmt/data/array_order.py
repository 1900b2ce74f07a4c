"""Batch order on arrays, for corpora of any size and for several that are mixed by weight."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from nmt.data.config import BatchingConfig


class ArrayBatches(Sequence[Any]):
    """The batches of an epoch, each a list of pairs made when it is asked for."""

    def __init__(self, order: np.ndarray, starts: np.ndarray, batches: np.ndarray) -> None:
        """Batch b is `order[starts[k] : starts[k + 1]]` with k = `batches[b]`."""
        self._order, self._starts, self._batches = order, starts, batches

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[b] for b in range(*place.indices(len(self)))]
        k = self._batches[place]
        return self._order[self._starts[k] : self._starts[k + 1]].tolist()


class ArrayOrder:
    """Batches by the rules of `BatchOrder`, drawn by other random numbers: a function of (seed, epoch) alone.

    `lengths` are the pieces of the source and the target of each pair, EOS not counted. `parts` are the corpora that
    the pairs belong to, one after the other: how many pairs each has, and how often each of them stands in an epoch:
    with a weight of 2.3 each pair twice, and 0.3 of them, others in each epoch, a third time.
    """

    def __init__(
        self,
        lengths: tuple[np.ndarray, np.ndarray],
        parts: Sequence[tuple[int, float]],
        config: BatchingConfig,
        seed: int,
    ) -> None:
        self._src, self._tgt = lengths
        self._parts, self._config, self._seed = parts, config, seed

    def epoch(self, number: int) -> ArrayBatches:
        """The batches of one epoch."""
        digest = hashlib.blake2b(f"array order {self._seed} {number}".encode(), digest_size=32).digest()
        random = np.random.RandomState(np.frombuffer(digest, "<u4").astype(np.uint32))
        order = self._drawn(random)
        starts: list[int] = []
        bounds = self._pools(order)
        for begin, end in zip(bounds[:-1], bounds[1:], strict=True):
            pool = order[begin:end]
            pool[:] = pool[np.lexsort((self._src[pool], self._tgt[pool]))]
            starts += [begin + place for place in self._cut(pool)]
        batches = random.permutation(len(starts)).astype(np.int32)
        return ArrayBatches(order, np.array([*starts, len(order)], np.int64), batches)

    def _drawn(self, random: np.random.RandomState) -> np.ndarray:
        """All pairs of the epoch, shuffled."""
        chosen: list[np.ndarray] = []
        begin = 0
        for size, weight in self._parts:
            pairs = np.arange(begin, begin + size, dtype=np.int32)
            chosen += [pairs] * int(weight)
            chosen.append(random.permutation(pairs)[: round(weight % 1 * size)] if weight % 1 else pairs[:0])
            begin += size
        order = np.concatenate(chosen)
        random.shuffle(order)
        return order

    def _costs(self, pairs: np.ndarray) -> np.ndarray:
        return np.maximum(self._src[pairs], self._tgt[pairs]).astype(np.int64) + 1

    def _pools(self, order: np.ndarray) -> list[int]:
        """Where the stretches begin whose summed cost fills `pool` batches, and the end of the last one."""
        if self._config.max_tokens is None:
            size = self._config.pool * (self._config.sentences or 1)
            return [*range(0, len(order), size), len(order)]
        filled = np.cumsum(self._costs(order))
        bounds = [0]
        while bounds[-1] < len(order):
            before = filled[bounds[-1] - 1] if bounds[-1] else 0
            full = np.searchsorted(filled, before + self._config.pool * self._config.max_tokens) + 1
            bounds.append(min(int(full), len(order)))
        return bounds

    def _cut(self, pool: np.ndarray) -> list[int]:
        """Where batches begin whose number of pairs times their highest cost is within the limit."""
        limit = self._config.max_tokens
        if limit is None:
            return list(range(0, len(pool), self._config.sentences or 1))
        costs, starts = self._costs(pool), [0]
        while True:
            begin = starts[-1]
            window = costs[begin : begin + limit // int(costs[begin]) + 1]
            padded = np.maximum.accumulate(window) * np.arange(1, len(window) + 1)
            begin += max(1, int(np.searchsorted(padded, limit, side="right")))
            if begin >= len(pool):
                return starts
            starts.append(begin)
