"""Symmetrisation: examples by hand, and the published pseudocode (Koehn et al. 2005) as loops over a whole matrix."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmt.alignment.symmetrize import METHODS, check_method, symmetrize, transpose
from nmt.errors import UserError

SIZE = 5


def links(text: str) -> list[tuple[int, int]]:
    return [(int(src), int(tgt)) for src, tgt in (link.split("-") for link in text.split())]


def text(found: list[tuple[int, int]]) -> str:
    return " ".join(f"{src}-{tgt}" for src, tgt in found)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("intersection", "0-0"),
        ("union", "0-0 3-7 5-5 5-7 5-8"),
        ("grow-diag", "0-0"),
        # 5-5 comes first, of the forward links; then 3-7; 5-7 has both its words covered, 5-8 only the source word
        ("grow-diag-final", "0-0 3-7 5-5 5-8"),
        ("grow-diag-final-and", "0-0 3-7 5-5"),
    ],
)
def test_links_far_from_each_other(method: str, expected: str) -> None:
    assert text(symmetrize(links("0-0 5-5"), links("5-8 5-7 3-7 0-0"), method)) == expected


def test_growing_goes_on_from_what_was_added() -> None:
    # 1-1 -> its neighbour 2-2 -> its neighbour 3-2; 5-5 stands beside nothing
    forward, reverse = links("1-1 2-2 5-5"), links("1-1 3-2")
    assert text(symmetrize(forward, reverse, "grow-diag")) == "1-1 2-2 3-2"
    assert text(symmetrize(forward, reverse, "grow-diag-final-and")) == "1-1 2-2 3-2 5-5"


def test_a_link_between_two_covered_words_is_left_out() -> None:
    # beside 0-0 stand 0-1, 1-0 and, last, 1-1: by then its words have links
    forward, reverse = links("0-0 1-1"), links("0-0 0-1 1-0")
    assert text(symmetrize(forward, reverse, "grow-diag")) == "0-0 0-1 1-0"
    assert text(symmetrize(forward, reverse, "grow-diag-final")) == "0-0 0-1 1-0"


def test_links_of_one_target_are_tried_before_those_of_the_next() -> None:
    # from 1-1 (neighbours in the order left, up, right, down, diagonals, of the target row first): 1-0 takes target 0
    # and 0-1 source 0, so nothing is left for 0-0
    assert text(symmetrize(links("1-1 0-0"), links("1-1 1-0 0-1"), "grow-diag")) == "0-1 1-0 1-1"


def test_the_forward_links_are_the_first_of_the_last_step() -> None:
    forward, reverse = links("0-0 4-4"), links("0-0 4-6")
    assert text(symmetrize(forward, reverse, "grow-diag-final-and")) == "0-0 4-4"
    assert text(symmetrize(reverse, forward, "grow-diag-final-and")) == "0-0 4-6"


def test_nothing() -> None:
    for method in METHODS:
        assert symmetrize([], [], method) == []
    assert symmetrize(links("1-1"), [], "intersection") == []
    assert symmetrize([], links("1-1"), "grow-diag-final") == [(1, 1)]


def published(forward: set[tuple[int, int]], reverse: set[tuple[int, int]], final: str | None) -> set[tuple[int, int]]:
    """GROW-DIAG-FINAL of the paper's authors; e is the target and f the source word, links are (f, e)."""
    neighbouring = [(-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)]
    alignment = forward & reverse

    def aligned_e(e: int) -> bool:
        return any((f, e) in alignment for f in range(SIZE))

    def aligned_f(f: int) -> bool:
        return any((f, e) in alignment for e in range(SIZE))

    while True:
        before = len(alignment)
        for e in range(SIZE):
            for f in range(SIZE):
                if (f, e) in alignment:
                    for de, df in neighbouring:
                        e_new, f_new = e + de, f + df
                        free = not aligned_e(e_new) or not aligned_f(f_new)
                        if free and ((f_new, e_new) in forward or (f_new, e_new) in reverse):
                            alignment.add((f_new, e_new))
        if len(alignment) == before:
            break
    for direction in (forward, reverse) if final else ():
        for e_new in range(SIZE):
            for f_new in range(SIZE):
                free = [not aligned_e(e_new), not aligned_f(f_new)]
                if (all(free) if final == "and" else any(free)) and (f_new, e_new) in direction:
                    alignment.add((f_new, e_new))
    return alignment


CELLS = st.sets(st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1)), max_size=14)


@given(CELLS, CELLS)
@settings(deadline=None, max_examples=120)
def test_all_methods_are_the_published_ones(forward: set[tuple[int, int]], reverse: set[tuple[int, int]]) -> None:
    expected = {
        "intersection": forward & reverse,
        "union": forward | reverse,
        "grow-diag": published(forward, reverse, None),
        "grow-diag-final": published(forward, reverse, "or"),
        "grow-diag-final-and": published(forward, reverse, "and"),
    }
    assert set(expected) == set(METHODS)
    for method, wanted in expected.items():
        assert symmetrize(sorted(forward), sorted(reverse, reverse=True), method) == sorted(wanted)


def test_transpose() -> None:
    assert transpose([(0, 2), (1, 0)]) == [(0, 1), (2, 0)]


def test_unknown_methods() -> None:
    with pytest.raises(UserError, match="^symmetrisation 'grow-dia' is unknown; did you mean 'grow-diag'[?]$"):
        check_method("grow-dia")
    with pytest.raises(UserError, match="use one of intersection, union, grow-diag, grow-diag-final"):
        symmetrize([], [], "x")
