"""Alignments by hand: shapes with and without EOS, pieces to words, EOS dropped."""

import numpy as np
import pytest

from nmt.alignment.alignment import Alignment, drop_eos, move_rows, to_words

PIECES = Alignment(
    src_tokens=["▁Ich", "▁sehe", "▁Hun", "de"],
    tgt_tokens=["▁I", "▁see", "▁dog", "s"],
    weights_TS=np.array(
        [
            [0.9, 0.1, 0.0, 0.0, 0.0],
            [0.1, 0.8, 0.1, 0.0, 0.0],
            [0.0, 0.1, 0.6, 0.3, 0.0],
            [0.0, 0.0, 0.1, 0.4, 0.5],
            [0.0, 0.0, 0.0, 0.2, 0.8],
        ],
        dtype=np.float32,
    ),
    unit="piece",
    eos=True,
    score=-1.5,
)


def matrix(rows: int, columns: int) -> np.ndarray:
    return np.full((rows, columns), 1 / max(columns, 1), dtype=np.float32)


@pytest.mark.parametrize(
    ("shape", "eos", "has_eos_row"), [((3, 4), True, True), ((2, 4), True, False), ((2, 3), False, False)]
)
def test_shapes_that_fit(shape: tuple[int, int], eos: bool, has_eos_row: bool) -> None:
    alignment = Alignment(["a", "b", "c"], ["x", "y"], matrix(*shape), unit="word", eos=eos)
    assert alignment.has_eos_row is has_eos_row


@pytest.mark.parametrize(
    ("shape", "eos"), [((4, 3), True), ((3, 3), True), ((2, 3), True), ((4, 4), True), ((3, 4), False), ((2, 4), False)]
)
def test_shapes_that_do_not_fit(shape: tuple[int, int], eos: bool) -> None:
    with pytest.raises(ValueError, match=r"for 2 target and 3 source tokens"):
        Alignment(["a", "b", "c"], ["x", "y"], matrix(*shape), unit="word", eos=eos)


def test_one_dimension_too_few() -> None:
    with pytest.raises(ValueError, match="weights_TS is"):
        Alignment(["a"], ["x"], np.ones(1, dtype=np.float32), unit="word", eos=False)


def test_float64_is_refused() -> None:
    with pytest.raises(ValueError, match="float32, not float64"):
        Alignment(["a"], ["x"], np.ones((1, 1)), unit="word", eos=False)


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), -0.1])
def test_what_is_no_weight(weight: float) -> None:
    with pytest.raises(ValueError, match="negative, infinite or not a number"):
        Alignment(["a"], ["x"], np.array([[weight]], dtype=np.float32), unit="word", eos=False)


def test_pieces_to_words() -> None:
    words = to_words(PIECES, [0, 1, 2, 2], [0, 1, 2, 2], ["Ich", "sehe", "Hunde"], ["I", "see", "dogs"])
    expected = [
        [0.9, 0.1, 0.0, 0.0],
        [0.1, 0.8, 0.1, 0.0],
        [0.0, 0.05, 0.7, 0.25],
        [0.0, 0.0, 0.2, 0.8],
    ]
    np.testing.assert_allclose(words.weights_TS, expected, atol=1e-7)
    assert words.weights_TS.dtype == np.float32
    assert (words.src_tokens, words.tgt_tokens) == (["Ich", "sehe", "Hunde"], ["I", "see", "dogs"])
    assert (words.unit, words.eos, words.has_eos_row, words.score) == ("word", True, True, -1.5)


def test_pieces_to_words_against_loops() -> None:
    generator = np.random.default_rng(7)
    weights_TS = generator.dirichlet(np.ones(7), size=9).astype(np.float32)
    src_ids, tgt_ids = [0, 0, 1, 3, 3, 3], [0, 1, 1, 1, 2, 4, 4, 4]
    pieces = Alignment([""] * 6, [""] * 8, weights_TS, unit="piece", eos=True)
    words = to_words(pieces, src_ids, tgt_ids, ["a", "b", "c", "d"], ["A", "B", "C", "D", "E"])
    for tgt in range(6):
        rows = [t for t, word in enumerate([*tgt_ids, 5]) if word == tgt]
        for src in range(5):
            columns = [s for s, word in enumerate([*src_ids, 4]) if word == src]
            cells = [weights_TS[t, s] for t in rows for s in columns]
            assert words.weights_TS[tgt, src] == pytest.approx(sum(cells) / len(rows) if rows else 0, abs=1e-6)
    assert words.weights_TS[3].sum() == 0  # the target word D has no piece
    assert words.weights_TS[:, 2].sum() == 0  # nor has the source word c
    np.testing.assert_allclose(np.delete(words.weights_TS, 3, axis=0).sum(axis=1), 1, atol=1e-6)


def test_pieces_to_words_at_the_length_limit_and_without_eos() -> None:
    cut = Alignment(["a"], ["x", "y"], np.array([[0.75, 0.25], [0.25, 0.75]], np.float32), unit="piece", eos=True)
    words = to_words(cut, [0], [0, 0], ["a"], ["xy"])
    assert words.weights_TS.tolist() == [[0.5, 0.5]]
    assert not words.has_eos_row
    bare = Alignment(["a", "b"], ["x"], np.array([[0.75, 0.25]], np.float32), unit="piece", eos=False)
    assert to_words(bare, [0, 0], [0], ["ab"], ["x"]).weights_TS.tolist() == [[1.0]]


@pytest.mark.parametrize(
    ("src_ids", "tgt_ids", "message"),
    [
        ([0, 1, 2], [0, 1, 2, 2], "3 word ids for 4"),
        ([0, 1, 2, 3], [0, 1, 2, 2], "outside 0 to 2"),
        ([0] * 4, [-1] * 4, "outside"),
    ],
)
def test_word_ids_that_do_not_fit(src_ids: list[int], tgt_ids: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        to_words(PIECES, src_ids, tgt_ids, ["Ich", "sehe", "Hunde"], ["I", "see", "dogs"])


def test_eos_dropped() -> None:
    dropped = drop_eos(PIECES)
    expected = [[0.9, 0.1, 0, 0], [0.1, 0.8, 0.1, 0], [0, 0.1, 0.6, 0.3], [0, 0, 0.2, 0.8]]
    np.testing.assert_allclose(dropped.weights_TS, expected, atol=1e-7)
    assert (dropped.eos, dropped.has_eos_row, dropped.score) == (False, False, -1.5)
    assert dropped.src_tokens == PIECES.src_tokens
    assert drop_eos(dropped) is dropped


def test_a_row_all_on_eos_becomes_zeros() -> None:
    alignment = Alignment(["a", "b"], ["x", "y"], np.array([[0, 0, 1], [0.25, 0.25, 0.5]], np.float32), "word", True)
    assert drop_eos(alignment).weights_TS.tolist() == [[0, 0], [0.5, 0.5]]


def test_empty_sentences() -> None:
    empty = Alignment([], [], matrix(1, 1), unit="piece", eos=True)
    assert drop_eos(empty).weights_TS.shape == (0, 0)
    assert to_words(empty, [], [], [], []).weights_TS.tolist() == [[1.0]]


@pytest.mark.parametrize(
    ("shift", "expected"), [(0, "abcde"), (-1, "bcde."), (1, ".abcd"), (-2, "cde.."), (-5, "....."), (9, ".....")]
)
def test_rows_moved(shift: int, expected: str) -> None:
    """Row `a` predicts the first of four pieces, `e` EOS; a dot is a row of zeros."""
    rows = dict(zip("abcde", PIECES.weights_TS.tolist(), strict=True))
    moved = move_rows(PIECES, shift)
    assert moved.weights_TS.tolist() == [rows.get(name, [0.0] * 5) for name in expected]
    assert (moved.src_tokens, moved.tgt_tokens, moved.eos) == (PIECES.src_tokens, PIECES.tgt_tokens, True)
    assert moved.weights_TS.dtype == np.float32


def test_a_word_is_the_mean_of_the_rows_that_are_known() -> None:
    """Of "dogs", two pieces, the second has no row after its own; of EOS nothing is known."""
    words = to_words(move_rows(PIECES, -2), [0, 1, 2, 2], [0, 1, 2, 2], ["Ich", "sehe", "Hunde"], ["I", "see", "dogs"])
    expected = [[0.0, 0.1, 0.9, 0.0], [0.0, 0.0, 0.5, 0.5], [0.0, 0.0, 0.2, 0.8], [0.0] * 4]
    np.testing.assert_allclose(words.weights_TS, expected, atol=1e-7)
