"""BLEU of parts of a test set, each part scored by sacreBLEU alone."""

import pytest
import sacrebleu

from nmt.evaluation.buckets import bleu_by_length, bleu_by_unknown, bleu_no_unk, span
from nmt.evaluation.scores import bleu


def words(count):
    return " ".join("abcdefghijklmnop"[:count])


def test_buckets_by_hand():
    sources = [words(1), words(11), words(5), words(6), "", words(10), words(15)]
    hypotheses = ["x y z w v", "a b c d e", "x y z w q", "k l m n", "x", "p q r s t", "f g h i"]
    references = ["x y z w v", "a b c d f", "x y z w v", "k l m n", "x", "p q r s t", "f g h j"]
    rows = bleu_by_length(sources, hypotheses, references, "none")
    assert [(row["from"], row["to"], row["sentences"]) for row in rows] == [(1, 5, 3), (6, 10, 2), (11, 15, 2)]
    members = [[0, 2, 4], [3, 5], [1, 6]]
    for row, chosen in zip(rows, members, strict=True):
        part = bleu([hypotheses[i] for i in chosen], [references[i] for i in chosen], "none")
        assert row["bleu"] == pytest.approx(part.value)
    assert rows[1]["bleu"] == pytest.approx(100)
    # one wrong word at the end of 11 in the first bucket: 10/11, 7/8, 5/6, 3/4, and no brevity penalty
    assert rows[0]["bleu"] == pytest.approx(100 * (10 / 11 * 7 / 8 * 5 / 6 * 3 / 4) ** 0.25)


def test_ranges_without_sentences_are_left_out():
    rows = bleu_by_length([words(3), " ".join(["w"] * 23)], ["a", "b"], ["a", "b"], "13a")
    assert [(row["from"], row["to"]) for row in rows] == [(1, 5), (21, 25)]


def test_length_is_that_of_the_source():
    rows = bleu_by_length(["a"], [words(12)], [words(16)], "13a")
    assert [row["from"] for row in rows] == [1]


HYPOTHESES = ["a b c d e", "k l m n o p", "q r s t", "a b c x y z", "u v w x y", "k l m n n", "a a a a", "d e f g h"]
REFERENCES = ["a b c d f", "k l m n o q", "q r s t", "a b c d e f", "u v w x z", "k l m n o", "a b c d", "d e f g h"]


def part(*members):
    """BLEU of some of the sentences, by sacreBLEU's own function."""
    chosen = [HYPOTHESES[i] for i in members], [[REFERENCES[i] for i in members]]
    return sacrebleu.corpus_bleu(*chosen, tokenize="none", force=True).score


def test_unknown_words():
    rows = bleu_by_unknown([0, 2, 0, 7, 4, 1, 2, 0], HYPOTHESES, REFERENCES, "none")
    assert [(span(row), row["sentences"]) for row in rows] == [("0", 3), ("1", 1), ("2", 2), ("4+", 2)]
    assert [row["bleu"] for row in rows] == pytest.approx([part(0, 2, 7), part(5), part(1, 6), part(3, 4)])
    assert len({round(row["bleu"], 3) for row in rows}) == 4
    assert rows[-1]["to"] is None


def test_without_unknown_words_in_source_and_reference():
    unknown = [(0, 0), (0, 1), (2, 0), (0, 0), (3, 3), (0, 0), (0, 2), (1, 0)]
    found = bleu_no_unk(unknown, HYPOTHESES, REFERENCES, "none")
    assert found["sentences"] == 3
    assert found["bleu"] == pytest.approx(part(0, 3, 5))
    assert bleu_no_unk([(0, 0)] * 8, HYPOTHESES, REFERENCES, "none")["bleu"] == pytest.approx(part(*range(8)))
    assert bleu_no_unk([(0, 1)] * 8, HYPOTHESES, REFERENCES, "none") == {"sentences": 0, "bleu": None}


def test_length_ranges_as_text():
    rows = bleu_by_length(["w", " ".join("w" * 6)], ["a", "b"], ["a", "b"], "none")
    assert list(map(span, rows)) == ["1-5", "6-10"]
