"""Translation with weights that are packed for fast products. I input, O output."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from torch import Tensor
from torch.nn import functional as F

from nmt.data.batch import Batch
from nmt.models.ensemble import Ensemble
from nmt.models.seq2seq import Forced, Seq2Seq
from nmt.nn.products import Products, products_at_work

MOST = 1 << 25
"""The largest number of products of words that are kept, for each weight."""


class WeightProducts(Products, ABC):
    """The model for translation, where `linear` with a weight of it, or with a part of one, is computed by a subclass.

    Weights are packed once, when they are first used, and parts of the vocabulary whenever they are taken; they must
    not change then. Products by other functions stay what they are: the encoder's recurrence, attention over the
    source. Of embeddings they are looked up, once as many words were multiplied as there are.
    """

    def __init__(self, model: Seq2Seq | Ensemble) -> None:
        self._model = model
        self._weights = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
        self._packed: dict[tuple[Any, ...], Any] = {}
        self._words: tuple[Tensor, Tensor, Tensor] | None = None
        self._multiplied: Counter[tuple[Any, ...]] = Counter()
        self._tables: dict[tuple[Any, ...], Tensor] = {}

    def start(self, src_BS: Tensor, src_len_B: Tensor) -> tuple[Any, Any]:
        """As the model's."""
        with self.at_work():
            return self._model.start(src_BS, src_len_B)

    def step(self, y_N: Tensor, memory: Any, state: Any, *words: Any) -> tuple[Tensor, Tensor | None, Any]:
        """As the model's."""
        with self.at_work():
            return self._model.step(y_N, memory, state, *words)

    def force(self, batch: Batch) -> Forced:
        """As the model's."""
        with self.at_work():
            return self._model.force(batch)

    def narrow(self, words_U: Tensor) -> Any:
        """As the model's."""
        return self._model.narrow(words_U, lambda *part: partial(self.multiply, packed=self.pack(*part)))

    @abstractmethod
    def pack(self, weight_OI: Tensor, bias_O: Tensor | None) -> Any:
        """What `multiply` needs of a weight and its bias."""

    @abstractmethod
    def multiply(self, x: Tensor, packed: Any) -> Tensor:
        """(..., O) from x (..., I)."""

    @abstractmethod
    def rows_stand_alone(self, packed: Any) -> bool:
        """Whether a row of a product has the same bits whatever the others are."""

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Within this context products with the weights are those of here."""
        before = products_at_work.set(self)
        try:
            yield
        finally:
            products_at_work.reset(before)

    def linear(self, x: Tensor, weight_OI: Tensor, bias_O: Tensor | None) -> Tensor | None:
        if weight_OI.untyped_storage().data_ptr() not in self._weights:
            return None
        place = _place(weight_OI), _place(bias_O)
        if place not in self._packed:
            self._packed[place] = self.pack(weight_OI.detach(), bias_O)
        found = self._look_up(x, place, len(weight_OI))
        return self.multiply(x, self._packed[place]) if found is None else found

    def looked_up(self, x: Tensor, words: Tensor, embedding_VE: Tensor) -> None:
        self._words = x, words, embedding_VE

    def _look_up(self, x: Tensor, place: tuple[Any, ...], outputs: int) -> Tensor | None:
        """The product of x, if that was looked up last, out of those of all words; None as long as there are none."""
        if self._words is None or x is not self._words[0] or not self.rows_stand_alone(self._packed[place]):
            return None
        _, words, embedding_VE = self._words
        self._multiplied[place] += words.numel()
        if self._multiplied[place] < len(embedding_VE) or len(embedding_VE) * outputs > MOST:
            return None
        if place not in self._tables:
            self._tables[place] = self.multiply(embedding_VE.detach(), self._packed[place])
        return F.embedding(words, self._tables[place])


def _place(tensor: Tensor | None) -> tuple[Any, ...] | None:
    """What tells a part of a weight from every other part."""
    return None if tensor is None else (tensor.data_ptr(), tuple(tensor.shape), tensor.stride())
