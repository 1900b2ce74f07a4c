"""Epochs: what each pass over the corpus trains on, and in which batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from nmt.data.array_order import ArrayOrder
from nmt.data.batch import Batch, collate
from nmt.data.batching import BatchOrder
from nmt.data.config import BatchingConfig
from nmt.data.corpus import Corpus
from nmt.data.guide import Guide
from nmt.data.mapped import MappedCorpus


@dataclass(frozen=True)
class Epoch:
    """One pass over the corpus."""

    number: int
    """From 1."""

    corpus: Corpus | MappedCorpus
    """The pairs, in the pieces of this epoch."""

    batches: Sequence[list[int]]
    """The pairs of each batch by their index; each pair once, if the corpus is no mixture."""

    guide: Guide | None = None
    """Links of the corpus for its attention."""

    def batch(self, ids: list[int]) -> Batch:
        """The pairs `ids` as a batch on the CPU."""
        src, tgt = [self.corpus.src[i] for i in ids], [self.corpus.tgt[i] for i in ids]
        batch = collate(src, tgt, ids)
        return batch if self.guide is None else replace(batch, guide_BTS=self.guide.batch(ids, src, tgt))

    def padded_size(self, ids: list[int]) -> tuple[int, int]:
        """Sentences and tokens of the longest side of a batch."""
        return len(ids), max(max(len(self.corpus.src[i]), len(self.corpus.tgt[i])) + 1 for i in ids)


class Epochs:
    """The epochs of a training, each a function of (seed, number) alone.

    `resample` gives the corpus of an epoch in other pieces; without it every epoch has `corpus` as it is.
    """

    def __init__(
        self,
        corpus: Corpus,
        batching: BatchingConfig,
        seed: int,
        resample: Callable[[int], Corpus] | None = None,
        guide: Guide | None = None,
    ) -> None:
        self._corpus, self._batching, self._seed = corpus, batching, seed
        self._resample, self._guide = resample, guide

    def epoch(self, number: int) -> Epoch:
        """Epoch `number`, from 1. Batches are cut by the lengths that the pairs have in it."""
        corpus = self._corpus if self._resample is None else self._resample(number)
        order = BatchOrder([*map(len, corpus.src)], [*map(len, corpus.tgt)], self._batching, self._seed)
        return Epoch(number, corpus, order.epoch(number), self._guide)


class MappedEpochs:
    """The epochs of a training on a mapped corpus, each a function of (seed, number) alone; `weights` are how often the
    pairs of each of its parts stand in one."""

    def __init__(self, corpus: MappedCorpus, batching: BatchingConfig, seed: int, weights: Sequence[float]) -> None:
        self._corpus = corpus
        parts = list(zip(map(len, corpus.parts), weights, strict=True))
        self._order = ArrayOrder((corpus.lengths(0), corpus.lengths(1)), parts, batching, seed)

    def epoch(self, number: int) -> Epoch:
        """Epoch `number`, from 1."""
        return Epoch(number, self._corpus, self._order.epoch(number))
