"""Epochs: what each pass over the corpus trains on, and in which batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nmt.data.batch import Batch, collate
from nmt.data.batching import BatchOrder
from nmt.data.config import BatchingConfig
from nmt.data.corpus import Corpus


@dataclass(frozen=True)
class Epoch:
    """One pass over the corpus."""

    number: int
    """From 1."""

    corpus: Corpus
    """The pairs, in the pieces of this epoch."""

    batches: list[list[int]]
    """The pairs of each batch by their index; each pair once."""

    def batch(self, ids: list[int]) -> Batch:
        """The pairs `ids` as a batch on the CPU."""
        return collate([self.corpus.src[i] for i in ids], [self.corpus.tgt[i] for i in ids], ids)

    def padded_size(self, ids: list[int]) -> tuple[int, int]:
        """Sentences and tokens of the longest side of a batch."""
        return len(ids), max(max(len(self.corpus.src[i]), len(self.corpus.tgt[i])) + 1 for i in ids)


class Epochs:
    """The epochs of a training, each a function of (seed, number) alone.

    `resample` gives the corpus of an epoch in other pieces; without it every epoch has `corpus` as it is.
    """

    def __init__(
        self, corpus: Corpus, batching: BatchingConfig, seed: int, resample: Callable[[int], Corpus] | None = None
    ) -> None:
        self._corpus, self._batching, self._seed = corpus, batching, seed
        self._resample = resample

    def epoch(self, number: int) -> Epoch:
        """Epoch `number`, from 1. Batches are cut by the lengths that the pairs have in it."""
        corpus = self._corpus if self._resample is None else self._resample(number)
        order = BatchOrder([*map(len, corpus.src)], [*map(len, corpus.tgt)], self._batching, self._seed)
        return Epoch(number, corpus, order.epoch(number))
