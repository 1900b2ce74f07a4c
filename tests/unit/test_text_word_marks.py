"""Which word a piece belongs to, typed by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt.text.word_marks import marked_word_ids, marked_words


@pytest.mark.parametrize(
    "pieces, ids, words",
    [
        ([], [], []),
        (["▁der", "▁hund"], [0, 1], ["der", "hund"]),
        (["▁schlä", "ft", "▁er"], [0, 0, 1], ["schläft", "er"]),
        (["ft", "▁er"], [0, 1], ["ft", "er"]),
        (["▁", "Q", "▁", "X"], [0, 0, 1, 1], ["Q", "X"]),
        (["▁", "▁der"], [0, 0], ["der"]),
        (["▁der", "▁"], [0, 0], ["der"]),
        (["▁der", "▁", "▁", "▁hund", "▁", "▁"], [0, 1, 1, 1, 1, 1], ["der", "hund"]),
        (["▁"], [0], [""]),
        (["▁", "▁"], [0, 0], [""]),
        (["d", "e", "▁", "h"], [0, 0, 1, 1], ["de", "h"]),
        (["▁", "⁇", "▁er"], [0, 0, 1], ["⁇", "er"]),
    ],
)
def test_by_hand(pieces, ids, words):
    assert marked_word_ids(pieces) == ids
    assert marked_words(pieces) == words


@given(st.lists(st.sampled_from(["▁", "▁a", "b", "▁▁", "▁c▁"])))
def test_ids_count_the_words(pieces):
    ids, words = marked_word_ids(pieces), marked_words(pieces)
    assert len(ids) == len(pieces)
    assert sorted(set(ids)) == list(range(len(words)))
    assert ids == sorted(ids)
    if any(piece.strip("▁") for piece in pieces):
        assert all(words)
