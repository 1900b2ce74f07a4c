"""Which pairs are trained on together, and when; which sentences are translated together."""

from __future__ import annotations

import random
from collections.abc import Sequence

from nmt.data.config import BatchingConfig


class BatchOrder:
    """Pairs of similar length in one batch, in an order that is a function of (seed, epoch) alone.

    All pairs are shuffled; each stretch that fills about `pool` batches is sorted by target, then source length and cut
    into batches; the batches of all stretches are shuffled.
    `lengths_src` and `lengths_tgt` are the pieces of each pair, EOS not counted.
    """

    def __init__(
        self, lengths_src: Sequence[int], lengths_tgt: Sequence[int], config: BatchingConfig, seed: int
    ) -> None:
        self._sort_keys = list(zip(lengths_tgt, lengths_src, strict=True))
        self._pool = config.pool
        self._seed = seed
        if config.max_tokens is None:
            self._costs = [1] * len(self._sort_keys)
            self._limit = config.sentences or 1
        else:
            self._costs = [max(lengths) + 1 for lengths in self._sort_keys]
            self._limit = config.max_tokens

    def epoch(self, number: int) -> list[list[int]]:
        """The batches of one epoch as indices of pairs; each pair once. The number of batches varies a little."""
        generator = random.Random(f"batch order {self._seed} {number}")
        order = list(range(len(self._costs)))
        generator.shuffle(order)
        batches = [batch for pool in self._pools(order) for batch in _cut(pool, self._costs, self._limit)]
        generator.shuffle(batches)
        return batches

    def _pools(self, order: list[int]) -> list[list[int]]:
        """Stretches of `order` whose summed cost fills `pool` batches, each sorted by length."""
        pools: list[list[int]] = [[]]
        filled = 0
        for i in order:
            if filled >= self._pool * self._limit:
                pools.append([])
                filled = 0
            pools[-1].append(i)
            filled += self._costs[i]
        return [sorted(pool, key=self._sort_keys.__getitem__) for pool in pools]


def batches_by_length(lengths: Sequence[int], most: int, padded: int) -> list[list[int]]:
    """Indices in batches of similar length, the shortest first: no more than `most` in one, and no more pieces than
    `padded` with padding, unless it is a single one."""
    return _cut(sorted(range(len(lengths)), key=lengths.__getitem__), lengths, padded, most)


def _cut(order: list[int], costs: Sequence[int], limit: int, most: int | None = None) -> list[list[int]]:
    """Batches of `order`, of at most `most`.

    Their number times their highest cost, the padded size, is within the limit, unless it is a single one.
    """
    batches: list[list[int]] = []
    highest = 0
    for i in order:
        highest = max(highest, costs[i])
        size = len(batches[-1]) + 1 if batches else 1
        if not batches or size * highest > limit or (most is not None and size > most):
            batches.append([])
            highest = costs[i]
        batches[-1].append(i)
    return batches
