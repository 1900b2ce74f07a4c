"""Unknown target pieces replaced by means of the source word they attend to.

Luong et al. 2015b ("Addressing the Rare Word Problem") and Jean et al. 2015.

Dimensions: S source pieces, with or without EOS; T target pieces, with or without EOS; U source words.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def copy_word(word: str) -> str:
    """The word itself."""
    return word


def replace_unknown(
    hyp_pieces: list[str],
    unknown: list[bool],
    weights_TS: np.ndarray,
    src_words: list[str],
    src_word_ids: list[int],
    substitute: Callable[[str], str] = copy_word,
) -> list[str]:
    """`hyp_pieces` with each one marked `unknown` replaced by what `substitute` gives for the source word with the
    largest sum of weights: that word itself, or as `nmt/alignment/substitution.py` decides.

    `src_word_ids[j]` is the index in `src_words` of the word of source piece j. Rows and columns of `weights_TS` beyond
    the pieces are EOS and are left out. The first of equals wins; with no weight on any source word (all of it is on
    EOS) the piece stays as it is. A word is written as it stands: without a tokenizer's marks for the start of a word.

    Raises ValueError when the weights do not fit the pieces.
    """
    if len(unknown) != len(hyp_pieces):
        raise ValueError(f"{len(unknown)} flags for {len(hyp_pieces)} pieces")
    eos_rows = weights_TS.shape[0] - len(hyp_pieces)
    eos_columns = weights_TS.shape[1] - len(src_word_ids)
    if eos_rows not in (0, 1) or eos_columns not in (0, 1):
        raise ValueError(f"weights_TS is {weights_TS.shape} for {len(hyp_pieces)} and {len(src_word_ids)} pieces")
    return [
        _written(piece, weights_S, src_words, src_word_ids, substitute) if is_unknown else piece
        for piece, is_unknown, weights_S in zip(hyp_pieces, unknown, weights_TS[: len(hyp_pieces)], strict=True)
    ]


def _written(
    piece: str, weights_S: np.ndarray, src_words: list[str], src_word_ids: list[int], substitute: Callable[[str], str]
) -> str:
    word_ids_S = np.asarray(src_word_ids, dtype=np.intp)
    weights_U = np.bincount(word_ids_S, weights=weights_S[: len(word_ids_S)], minlength=len(src_words))
    return substitute(src_words[int(weights_U.argmax())]) if weights_U.any() else piece
