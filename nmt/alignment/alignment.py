"""Alignment: one matrix of attention between the tokens of a source and of a target, and the one convention for it.

Rows are target, columns are source. Row t is the distribution used to predict y_t, so it sums to 1. In Bahdanau et al.
(2015) the query of row t is the state s_{t-1}, in Luong et al. (2015) it is h_t; both belong to y_t, so rows compare.

Dimensions: S source tokens, T target tokens, each with or without EOS; U source words, W target words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

Unit = Literal["piece", "word"]


@dataclass(frozen=True, eq=False)
class Alignment:
    """Attention between two token lists.

    `eos=True`: the last column is the source EOS and, when the target ended with EOS, one row after the tokens' rows is
    the target EOS. A translation that stopped at the length limit has no such row (`has_eos_row` is False). EOS is
    never among the tokens, so `weights_TS` is (T+1, S+1) or, at the length limit, (T, S+1). `eos=False`: it is (T, S).

    A row of zeros says that nothing is known of that target token (see `drop_eos` and `to_words`); every other row of
    attention sums to 1, which is the caller's promise and not checked, as low precision rounds.

    Raises ValueError when the shape does not fit the tokens, or a weight is negative, infinite or not a number.
    """

    src_tokens: list[str]
    tgt_tokens: list[str]
    weights_TS: np.ndarray
    """float32."""
    unit: Unit
    eos: bool
    score: float | None = None
    """Log-probability of the target given the source, where known."""

    def __post_init__(self) -> None:
        if self.weights_TS.dtype != np.float32:
            raise ValueError(f"weights_TS must be float32, not {self.weights_TS.dtype}")
        rows, columns = len(self.tgt_tokens), len(self.src_tokens) + self.eos
        shapes = [(rows + 1, columns), (rows, columns)] if self.eos else [(rows, columns)]
        if self.weights_TS.shape not in shapes:
            raise ValueError(
                f"weights_TS is {self.weights_TS.shape}, not {' or '.join(map(str, shapes))}, for {rows} target and"
                f" {len(self.src_tokens)} source tokens with eos={self.eos}"
            )
        if not (np.isfinite(self.weights_TS).all() and (self.weights_TS >= 0).all()):
            raise ValueError("weights_TS holds a weight that is negative, infinite or not a number")

    @property
    def has_eos_row(self) -> bool:
        """Whether the last row is the target EOS; False as well for a target cut off at the length limit."""
        return len(self.weights_TS) > len(self.tgt_tokens)


def drop_eos(alignment: Alignment) -> Alignment:
    """The same alignment without the EOS row and column, its rows scaled to sum to 1 again.

    A row with all its weight on the source EOS becomes zeros: it says nothing of any source token, and a uniform row
    would claim that it does. Links are better taken before (`argmax_links`): after scaling, a row with 0.99 on EOS
    looks as sure as any other.
    """
    if not alignment.eos:
        return alignment
    rows_TS = alignment.weights_TS[: len(alignment.tgt_tokens), : len(alignment.src_tokens)]
    mass_T1 = rows_TS.sum(axis=1, keepdims=True)
    weights_TS = np.divide(rows_TS, mass_T1, out=np.zeros_like(rows_TS), where=mass_T1 > 0)
    return replace(alignment, weights_TS=weights_TS, eos=False)


def move_rows(alignment: Alignment, shift: int) -> Alignment:
    """The same alignment with each row of attention `shift` target tokens further on (back, if negative).

    With -1 a token gets the row that predicts the token after it, the last one that of EOS: of a state one step later.
    A row that nothing moves to is zeros.
    """
    rows = np.arange(len(alignment.weights_TS)) - shift
    there = (0 <= rows) & (rows < len(rows))
    moved_TS = np.zeros_like(alignment.weights_TS)
    moved_TS[there] = alignment.weights_TS[rows[there]]
    return replace(alignment, weights_TS=moved_TS)


def to_words(
    alignment: Alignment,
    src_word_ids: list[int],
    tgt_word_ids: list[int],
    src_words: list[str],
    tgt_words: list[str],
) -> Alignment:
    """The alignment of words, from the alignment of their pieces.

    `src_word_ids[j]` is the index in `src_words` of the word that source piece j belongs to; target likewise. The
    weight on a source word is the sum over its pieces; the row of a target word is the mean over its pieces' rows that
    are not zeros; so rows still sum to 1. EOS keeps a row and a column of its own. A word without a piece gets zeros.

    Raises ValueError when the ids do not fit the pieces or the words.
    """
    src_ids = _with_eos(src_word_ids, alignment.src_tokens, src_words, alignment.eos)
    tgt_ids = _with_eos(tgt_word_ids, alignment.tgt_tokens, tgt_words, alignment.has_eos_row)
    src_member_SU = _membership(src_ids, len(src_words) + alignment.eos)
    tgt_member_TW = _membership(tgt_ids, len(tgt_words) + alignment.has_eos_row)
    tgt_member_TW[~alignment.weights_TS.any(axis=1)] = 0
    pieces_W1 = np.maximum(tgt_member_TW.sum(axis=0), 1)[:, None]
    weights_WU = tgt_member_TW.T @ alignment.weights_TS @ src_member_SU / pieces_W1
    return Alignment(
        src_words, tgt_words, weights_WU.astype(np.float32), unit="word", eos=alignment.eos, score=alignment.score
    )


def _with_eos(word_ids: list[int], pieces: list[str], words: list[str], eos: bool) -> list[int]:
    """The ids with EOS, if there, as one word more; checked."""
    if len(word_ids) != len(pieces):
        raise ValueError(f"{len(word_ids)} word ids for {len(pieces)} pieces")
    if any(not 0 <= word < len(words) for word in word_ids):
        raise ValueError(f"a word id is outside 0 to {len(words) - 1}")
    return [*word_ids, len(words)] if eos else word_ids


def _membership(word_ids: list[int], words: int) -> np.ndarray:
    """(pieces, words) float64: 1 where the piece belongs to the word."""
    member = np.zeros((len(word_ids), words))
    member[np.arange(len(word_ids)), word_ids] = 1
    return member
