"""Links by argmax and by threshold, from matrices typed by hand."""

import numpy as np
import pytest

from nmt.alignment.alignment import Alignment, drop_eos
from nmt.alignment.links import argmax_links, extract_links, parse_method, threshold_links
from nmt.alignment.record import AlignmentRecord
from nmt.errors import UserError


def aligned(rows: list[list[float]], eos: bool = True) -> Alignment:
    weights_TS = np.array(rows, dtype=np.float32)
    tgt, src = weights_TS.shape
    return Alignment([f"s{j}" for j in range(src - eos)], [f"t{i}" for i in range(tgt - eos)], weights_TS, "word", eos)


WITH_EOS = aligned([[0.1, 0.7, 0.2], [0.4, 0.1, 0.5], [0.6, 0.3, 0.1], [0.8, 0.1, 0.1]])


def test_argmax_links_each_target_word_once_and_leaves_eos_out() -> None:
    assert argmax_links(WITH_EOS) == [(0, 2), (1, 0)]


def test_argmax_after_dropping_eos_links_the_word_that_attended_to_it() -> None:
    assert argmax_links(drop_eos(WITH_EOS)) == [(0, 1), (0, 2), (1, 0)]


def test_argmax_takes_the_first_of_equals() -> None:
    assert argmax_links(aligned([[0.5, 0.5]], eos=False)) == [(0, 0)]


def test_a_row_of_zeros_is_unlinked() -> None:
    assert argmax_links(aligned([[0, 0], [0, 1]], eos=False)) == [(1, 1)]


def test_argmax_at_the_length_limit() -> None:
    cut = Alignment(["a", "b"], ["x"], np.array([[0.2, 0.7, 0.1]], dtype=np.float32), "word", eos=True)
    assert argmax_links(cut) == [(1, 0)]


def test_threshold_takes_every_cell_at_or_above_it_but_no_eos() -> None:
    assert threshold_links(WITH_EOS, 0.3) == [(0, 1), (0, 2), (1, 0), (1, 2)]
    assert threshold_links(WITH_EOS, 0.7) == [(1, 0)]
    assert threshold_links(WITH_EOS, 0.71) == []


def test_argmax_at_or_above_a_weight() -> None:
    assert argmax_links(WITH_EOS, 0.6) == [(0, 2), (1, 0)]
    assert argmax_links(WITH_EOS, 0.61) == [(1, 0)]
    assert argmax_links(WITH_EOS, 0.71) == []
    assert argmax_links(aligned([[0.3, 0.3, 0.4], [0.4, 0.3, 0.3], [0, 0, 1]]), 0.3) == [(0, 1)]  # 0 is for EOS


def test_methods_by_name() -> None:
    assert extract_links(WITH_EOS, "argmax") == argmax_links(WITH_EOS)
    assert extract_links(WITH_EOS, "argmax=0.61") == argmax_links(WITH_EOS, 0.61) != argmax_links(WITH_EOS)
    assert extract_links(WITH_EOS, "threshold=0.3") == threshold_links(WITH_EOS, 0.3)


def test_an_empty_sentence_has_no_links() -> None:
    empty = aligned([[1.0]])
    assert extract_links(empty, "argmax") == extract_links(empty, "threshold=0.3") == []


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("argmaxx", "link method 'argmaxx' is unknown; use argmax, argmax=0.3, threshold=0.3 or, of two directions, a"),
        ("threshold", "'' is not a number"),
        ("threshold=", "'' is not a number"),
        ("threshold=high", "'high' is not a number"),
        ("threshold=0", "above 0 and at most 1"),
        ("threshold=1.1", "above 0 and at most 1"),
        ("threshold=nan", "above 0 and at most 1"),
        ("argmax=", "'' is not a number; write for example argmax=0.3"),
        ("argmax=0", "above 0 and at most 1"),
        ("agreement", "'' is not a number; write for example agreement=0.3"),
    ],
)
def test_methods_that_are_wrong(method: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        parse_method(method)
    assert "\n" not in str(caught.value)


def test_one_direction_has_no_agreement() -> None:
    assert parse_method("agreement=0.4") == ("agreement", 0.4)
    with pytest.raises(UserError, match="'agreement=0.4' compares two directions"):
        extract_links(WITH_EOS, "agreement=0.4")


@pytest.mark.parametrize("link", [(2, 0), (0, 3), (-1, 0), (0, -1)])
def test_a_record_refuses_links_outside_its_tokens(link: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="outside 2 source and 3 target tokens"):
        AlignmentRecord(0, "", "", WITH_EOS, [link])
