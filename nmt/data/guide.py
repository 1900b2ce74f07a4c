"""Guide: where the attention of each training pair should be, from links between its words.

B sentences, T target pieces and EOS, S source pieces and EOS.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nmt.text.tokenizers.tokenizer import Tokenizer


@dataclass(frozen=True)
class Guide:
    """Projects word links onto whatever pieces a pair is cut into; see `rows`."""

    links: Sequence[Sequence[tuple[int, int]]]
    """(source word, target word) of each pair of the corpus, counted from 0."""

    tokenizers: tuple[Tokenizer, Tokenizer]

    unlinked: bool = False
    """Whether target words without a link, and the target's EOS, are guided to the source's EOS; else they are free."""

    def __post_init__(self) -> None:
        pieces = [tokenizer.pieces(list(range(len(tokenizer)))) for tokenizer in self.tokenizers]
        object.__setattr__(self, "_pieces", pieces)

    def batch(self, ids: Sequence[int], src: Sequence[list[int]], tgt: Sequence[list[int]]) -> Tensor:
        """guide_BTS of pairs `ids` of the corpus in the pieces `src` and `tgt`; each row sums to 1, or to 0 if free."""
        shape = len(ids), max(map(len, tgt)) + 1, max(map(len, src)) + 1
        guide_BTS = torch.zeros(shape)
        for b, (i, src_ids, tgt_ids) in enumerate(zip(ids, src, tgt, strict=True)):
            rows_TS = self.rows(i, src_ids, tgt_ids)
            guide_BTS[b, : len(tgt_ids) + 1, : len(src_ids) + 1] = torch.from_numpy(rows_TS)
        return guide_BTS

    def rows(self, i: int, src_ids: list[int], tgt_ids: list[int]) -> np.ndarray:
        """The guide (T, S) of pair `i`: each piece of a target word is guided to the source words linked with it in
        equal shares, and the share of a source word is split equally over its pieces. So summed over the pieces of
        source words it is what is asked of words."""
        src_words, tgt_words = self._words(0, src_ids), self._words(1, tgt_ids)
        linked = np.zeros((tgt_words[-1] + 1, src_words[-1] + 1), np.float32)
        for src_word, tgt_word in self.links[i]:
            if tgt_word < len(linked) and src_word < linked.shape[1]:
                linked[tgt_word, src_word] = 1
        linked /= np.maximum(linked.sum(1, keepdims=True), 1) * np.bincount(src_words)
        rows_TS = np.zeros((len(tgt_ids) + 1, len(src_ids) + 1), np.float32)
        rows_TS[:-1, :-1] = linked[tgt_words][:, src_words]
        if self.unlinked:
            rows_TS[rows_TS.sum(1) == 0, -1] = 1
        return rows_TS

    def _words(self, side: int, ids: list[int]) -> np.ndarray:
        pieces: list[list[str]] = self._pieces  # type: ignore[attr-defined]
        return np.array(self.tokenizers[side].word_ids([pieces[side][i] for i in ids]))
