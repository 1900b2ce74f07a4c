"""Unknown pieces replaced by source words, by hand."""

import numpy as np
import pytest

from nmt.alignment.unk import replace_unknown

WORDS, WORD_IDS = ["Herr", "Müller", "schläft"], [0, 1, 1, 2]


def test_the_source_word_with_the_largest_sum_is_copied() -> None:
    weights_TS = np.array(
        [
            [0.9, 0.0, 0.0, 0.0, 0.1],
            [0.4, 0.3, 0.3, 0.0, 0.0],  # the best piece is of Herr, the best word is Müller
            [0.0, 0.0, 0.0, 0.2, 0.8],  # EOS is left out
            [0.0, 0.0, 0.0, 0.0, 1.0],
        ],
        dtype=np.float32,
    )
    replaced = replace_unknown(["Mr", "<unk>", "<unk>"], [False, True, True], weights_TS, WORDS, WORD_IDS)
    assert replaced == ["Mr", "Müller", "schläft"]


def test_weights_without_eos_row_and_column() -> None:
    weights_TS = np.array([[0.0, 0.0, 0.0, 1.0]], dtype=np.float32)
    assert replace_unknown(["<unk>"], [True], weights_TS, WORDS, WORD_IDS) == ["schläft"]


def test_a_known_piece_that_looks_unknown_stays() -> None:
    weights_TS = np.array([[1.0, 0.0, 0.0, 0.0]], dtype=np.float32)
    assert replace_unknown(["<unk>"], [False], weights_TS, WORDS, WORD_IDS) == ["<unk>"]


def test_all_weight_on_eos_leaves_the_piece() -> None:
    assert replace_unknown(["<unk>"], [True], np.array([[0, 0, 0, 0, 1]], np.float32), WORDS, WORD_IDS) == ["<unk>"]
    assert replace_unknown(["<unk>"], [True], np.ones((1, 1), np.float32), [], []) == ["<unk>"]


def test_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="2 flags for 1 pieces"):
        replace_unknown(["a"], [True, False], np.ones((1, 4), np.float32), WORDS, WORD_IDS)
    with pytest.raises(ValueError, match="weights_TS is"):
        replace_unknown(["a"], [True], np.ones((1, 6), np.float32), WORDS, WORD_IDS)
    with pytest.raises(ValueError, match="weights_TS is"):
        replace_unknown(["a"], [True], np.ones((3, 4), np.float32), WORDS, WORD_IDS)
