"""Alignment records of translations."""

import numpy as np
import pytest

from nmt.errors import UserError
from nmt.pipeline.records import alignment_record
from nmt.text.tokenizers.tokenizer import Pieces
from nmt.translator import Translation

SRC = Pieces([4, 5, 6], ["▁Hun", "de", "▁bellen"], [0, 0, 1], ["Hunde", "bellen"])
TGT = Pieces([7, 8, 9], ["▁dogs", "▁ba", "rk"], [0, 1, 1], ["dogs", "bark"])
NOTHING = Pieces([], [], [], [])
WEIGHTS = np.array(
    [
        [0.5, 0.2, 0.2, 0.1],
        [0.1, 0.1, 0.6, 0.2],
        [0.3, 0.3, 0.0, 0.4],
        [0.0, 0.0, 0.1, 0.9],
    ],
    dtype=np.float32,
)


def translation(src=SRC, tgt=TGT, weights=WEIGHTS):
    return Translation(src, tgt, "dogs  bark", -1.5, -0.5, weights, " Hunde bellen")


def test_pieces():
    record = alignment_record(3, translation(), "piece")
    assert (record.id, record.src, record.tgt) == (3, " Hunde bellen", "dogs  bark")
    assert record.alignment.src_tokens == ["▁Hun", "de", "▁bellen"]
    assert record.alignment.tgt_tokens == ["▁dogs", "▁ba", "rk"]
    assert record.alignment.weights_TS.tolist() == WEIGHTS.tolist()
    assert record.alignment.score == -1.5
    assert record.links == [(0, 0), (2, 1)]  # the last piece looks at EOS


def test_words():
    record = alignment_record(0, translation(), "word")
    expected = [[0.7, 0.2, 0.1], [0.4, 0.3, 0.3], [0.0, 0.1, 0.9]]
    assert record.alignment.weights_TS == pytest.approx(np.array(expected), abs=1e-6)
    assert record.links == [(0, 0), (0, 1)]


def test_threshold():
    record = alignment_record(0, translation(), "word", "threshold=0.25")
    assert record.links == [(0, 0), (0, 1), (1, 1)]


def test_links_are_taken_before_eos_is_dropped():
    record = alignment_record(0, translation(), "piece", eos="drop")
    assert record.links == [(0, 0), (2, 1)]
    assert record.alignment.eos is False
    assert record.alignment.weights_TS.shape == (3, 3)
    assert record.alignment.weights_TS.sum(1) == pytest.approx(np.ones(3))
    assert record.alignment.weights_TS[2] == pytest.approx([0.5, 0.5, 0.0])


def test_translation_that_ran_into_the_longest_length():
    record = alignment_record(0, translation(weights=WEIGHTS[:3]), "word")
    assert record.alignment.weights_TS.shape == (2, 3)
    assert record.links == [(0, 0), (0, 1)]


def test_half_precision_is_made_float32():
    record = alignment_record(0, translation(weights=WEIGHTS.astype(np.float64)), "piece")
    assert record.alignment.weights_TS.dtype == np.float32


@pytest.mark.parametrize(
    ("src", "tgt", "shape"), [(NOTHING, NOTHING, (0, 0)), (SRC, NOTHING, (0, 2)), (NOTHING, TGT, (2, 0))]
)
def test_empty_sides_have_no_rows_or_no_columns(src, tgt, shape):
    record = alignment_record(0, translation(src, tgt, None), "word")
    assert record.alignment.weights_TS.shape == shape
    assert record.links == []


def test_model_without_attention():
    with pytest.raises(UserError, match="^this model has no attention, so it has no alignments$"):
        alignment_record(0, translation(weights=None), "word")
