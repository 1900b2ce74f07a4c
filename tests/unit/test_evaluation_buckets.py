"""BLEU by source length."""

import pytest

from nmt.evaluation.lengths import bleu_by_length
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
