"""Bitext: sentence pairs as batches of cells, each cell the number of a pair of words that occur together.

P distinct word pairs, B sentence pairs, T target words and NULL, S source words and NULL. NULL is row 0 and column 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from torch import Tensor

NULL = 0
MAX_CELLS = 100_000
"""Cells of one batch, padding included, unless one pair alone has more."""

Words = Sequence[str]


@dataclass(frozen=True)
class CellBatch:
    """Sentence pairs of similar length."""

    ids: list[int]
    """Index of each pair in the text."""

    cells_BTS: Tensor
    """Number of the word pair; any number at padding."""

    src_len_B: Tensor
    """Source words, without NULL."""

    tgt_len_B: Tensor
    """Target words, without NULL."""


@dataclass(frozen=True)
class Bitext:
    """All sentence pairs that have words on both sides."""

    batches: list[CellBatch]
    src_P: Tensor
    """Source word of each word pair, 0 for NULL."""
    tgt_P: Tensor
    """Target word of each word pair, 0 for NULL."""
    src_words: list[str]
    """What each number stands for; that of NULL is empty."""
    tgt_words: list[str]
    size: int
    """Sentence pairs, those without words included."""


def read_bitext(pairs: Sequence[tuple[Words, Words]], max_cells: int = MAX_CELLS) -> Bitext:
    """The bitext of tokenised sentence pairs; those with an empty side are in no batch."""
    (src, src_words), (tgt, tgt_words) = (_numbered(pair[side] for pair in pairs) for side in (0, 1))
    kept = sorted((i for i in range(len(pairs)) if src[i] and tgt[i]), key=lambda i: (len(tgt[i]), len(src[i])))
    groups = _groups(kept, [len(ids) + 1 for ids in src], [len(ids) + 1 for ids in tgt], max_cells)
    width = 1 + max((max(ids) for ids in tgt if ids), default=0)
    padded = [(_pad([src[i] for i in group]), _pad([tgt[i] for i in group])) for group in groups]
    keys = [src_BS[:, None, :] * width + tgt_BT[:, :, None] for src_BS, tgt_BT in padded]
    flat = np.concatenate([key.ravel() for key in keys]) if keys else np.zeros(0, np.int64)
    known_P, cells = np.unique(flat, return_inverse=True)
    del flat
    splits = np.split(cells.astype(np.int32), np.cumsum([key.size for key in keys])[:-1]) if keys else []
    batches = [
        CellBatch(
            group,
            torch.from_numpy(part.reshape(key.shape)),
            torch.tensor([len(src[i]) for i in group]),
            torch.tensor([len(tgt[i]) for i in group]),
        )
        for group, key, part in zip(groups, keys, splits, strict=True)
    ]
    src_P, tgt_P = torch.from_numpy(known_P // width), torch.from_numpy(known_P % width)
    return Bitext(batches, src_P, tgt_P, src_words, tgt_words, len(pairs))


def _numbered(sentences: Iterable[Words]) -> tuple[list[list[int]], list[str]]:
    """Words as numbers from 1, in the order in which they are first met, and the word of each number."""
    numbers: dict[str, int] = {}
    ids = [[numbers.setdefault(word, len(numbers) + 1) for word in words] for words in sentences]
    return ids, ["", *numbers]


def _groups(order: list[int], widths: list[int], heights: list[int], max_cells: int) -> list[list[int]]:
    """`order` cut so that a group's padded size is at most `max_cells` and no pair is alone in being long."""
    groups: list[list[int]] = []
    widest = first = 0
    for i in order:
        widest = max(widest, widths[i])
        full = groups and (len(groups[-1]) + 1) * widest * heights[i] > max_cells
        if not groups or full or heights[i] > first + first // 4:
            groups.append([])
            widest, first = widths[i], heights[i]
        groups[-1].append(i)
    return groups


def _pad(sentences: list[list[int]]) -> np.ndarray:
    """Numbers with NULL before them, padded with NULL."""
    lengths_B = np.array([len(words) + 1 for words in sentences])
    padded = np.full((len(sentences), lengths_B.max()), NULL, np.int64)
    padded[np.arange(lengths_B.max()) < lengths_B[:, None]] = list(
        chain.from_iterable((NULL, *words) for words in sentences)
    )
    return padded
