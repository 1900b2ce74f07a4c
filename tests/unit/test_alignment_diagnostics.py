"""Diagnostics against values worked out by hand."""

import json
import math

import numpy as np
import pytest

from nmt.alignment.alignment import Alignment
from nmt.alignment.corpus_diagnostics import CorpusDiagnostics
from nmt.alignment.diagnostics import diagnose, diagonal_distance, kendall_tau, row_entropy
from nmt.alignment.drift import DriftDetector, anchors
from nmt.alignment.record import AlignmentRecord


def record(src, tgt, rows, links, eos=True, number=0):
    src, tgt = src.split(), tgt.split()
    weights_TS = np.array(rows, dtype=np.float32).reshape(len(rows), len(src) + eos)
    alignment = Alignment(src, tgt, weights_TS, "word", eos, -2.5)
    return AlignmentRecord(number, " ".join(src), " ".join(tgt), alignment, links)


PAIR = record("the old house", "das Haus", [[0.5, 0.25, 0, 0.25], [0, 0, 0.75, 0.25], [0, 0, 0, 1]], [(0, 0), (2, 1)])


def test_one_sentence_by_hand():
    found = diagnose(PAIR)
    # -(1/2 ln 1/2 + 2 * 1/4 ln 1/4) = 1.5 ln 2 = 1.0397; -(3/4 ln 3/4 + 1/4 ln 1/4) = 0.5623; the mean of the two
    assert found.entropy == pytest.approx(0.8010280, abs=1e-6)
    assert found.eos_mass == pytest.approx(0.25)
    assert found.coverage == [0.5, 0.25, 0.75]
    assert found.untranslated == []
    assert found.kendall_tau == 1
    assert found.diagonal_distance == pytest.approx((abs(1 / 3 - 1 / 2) + 0) / 2)
    assert (found.src_length, found.tgt_length, found.score) == (3, 2, -2.5)


def test_untranslated_words_have_little_attention_no_link_and_a_letter():
    rows = [[0.5, 0.2, 0.1, 0.2], [0.5, 0.2, 0.1, 0.2]]
    assert diagnose(record("a b c", "x y", rows, [(0, 0)], number=4)).untranslated == [2]
    assert diagnose(record("a b c", "x y", rows, [(0, 0), (2, 1)])).untranslated == []
    assert diagnose(record("a b ,", "x y", rows, [(0, 0)])).untranslated == []


def test_repeated_words_are_linked_to_equal_words():
    rows = np.full((4, 3), 0.3)
    assert diagnose(record("old house", "das Haus Haus .", rows, [(0, 0), (1, 1), (1, 2)])).repeated == [1]
    assert diagnose(record("old house", "das Haus Haus .", rows, [(0, 1), (1, 2)])).repeated == []
    assert diagnose(record("old house", "das Haus . das", rows, [(0, 1), (0, 2)])).repeated == []


def test_entropy_of_rows():
    assert row_entropy(np.array([[1.0, 0.0], [0.5, 0.5]])) == pytest.approx(math.log(2) / 2)
    assert row_entropy(np.array([[1.0, 0.0]])) == 0 and math.copysign(1, row_entropy(np.array([[1.0, 0.0]]))) == 1
    assert row_entropy(np.array([[0.0, 0.0], [0.2, 0.2]])) == pytest.approx(math.log(2))
    assert row_entropy(np.zeros((2, 2))) is None and row_entropy(np.zeros((0, 3))) is None


@pytest.mark.parametrize(
    ("links", "tau"),
    [
        ([(0, 0), (1, 1), (2, 2)], 1),
        ([(0, 2), (1, 1), (2, 0)], -1),
        # 01, 02 in order, 12 not: (2 - 1) / 3
        ([(0, 0), (1, 2), (2, 1)], 1 / 3),
        # of 3 pairs one is tied in the target: 2 / sqrt(3 * 2)
        ([(0, 0), (1, 1), (2, 1)], 2 / math.sqrt(6)),
        ([(0, 0), (0, 1)], None),
        ([(0, 0)], None),
        ([], None),
    ],
)
def test_kendall_tau(links, tau):
    assert kendall_tau(links) == (None if tau is None else pytest.approx(tau))


def test_distance_from_the_diagonal():
    assert diagonal_distance([(0, 0), (1, 1)], 2, 2) == 0
    assert diagonal_distance([(0, 3), (3, 0)], 4, 4) == 0.75
    assert diagonal_distance([], 4, 4) is None


def test_empty_sentences():
    found = diagnose(record("", "", [[1.0]], []))
    assert (found.entropy, found.eos_mass, found.coverage, found.kendall_tau) == (None, None, [], None)
    found = diagnose(record("a b", "", np.zeros((0, 2)), [], eos=False))
    assert (found.eos_mass, found.untranslated) == (None, [0, 1])


def test_anchors_stand_once_on_each_side():
    assert anchors("in 1999 , in Rome .".split(), "Rom 1999 , .".split()) == [(1, 1), (2, 2), (5, 3)]
    assert anchors("a a b".split(), "a b b".split()) == []


WORDS = [f"{number}" for number in range(12)]


def drifted(step, side="src"):
    """Twelve numbers that stand at the same places on both sides, each link `step` beside where it belongs."""
    links = [(i - step, i) if side == "src" else (i, i - step) for i in range(12) if 0 <= i - step < 12]
    return record(" ".join(WORDS), " ".join(WORDS), np.full((12, 12), 1 / 12), links, eos=False)


def test_drift_agreement_by_hand():
    detector = DriftDetector()
    detector.add(record("1 2 3 4", "1 2 3 4", np.zeros((4, 4)), [(0, 0), (0, 1), (2, 2), (2, 3)], eos=False))
    # inner anchors are 1-1 and 2-2; the links have 2-2, and moved by +1 on the source side 1-1
    assert [detector.agreement("src", step) for step in (-1, 0, 1)] == [0, 0.5, 0.5]
    # moved by -1 on the target side, 2-3 becomes 2-2; moved by +1, 0-0 becomes 0-1
    assert [detector.agreement("tgt", step) for step in (-1, 0, 1)] == [0.5, 0.5, 0]
    assert detector.possible == {"src": 2, "tgt": 2}
    assert detector.verdict() is None


@pytest.mark.parametrize("step", [-1, 1])
def test_drift_is_found_on_reordered_text(step):
    """In opposite order the two sides move the same way, in the same order opposite ways."""
    src, tgt = " ".join(WORDS), " ".join(reversed(WORDS))
    links = [(s, 11 - s - step) for s in range(12) if 0 <= 11 - s - step < 12]
    detector = DriftDetector()
    for _ in range(3):
        detector.add(record(src, tgt, np.zeros((12, 12)), links, eos=False))
    assert detector.agreement("tgt", step) == 1 and detector.agreement("tgt", 0) == 0
    assert detector.agreement("src", step) == 1 and detector.agreement("src", -step) == 0


@pytest.mark.parametrize("step", [-1, 0, 1])
def test_drift_verdict(step):
    detector = DriftDetector()
    detector.add(drifted(step))
    assert detector.verdict() is None
    detector.add(drifted(step))
    assert detector.possible["src"] == 20
    assert detector.verdict() == (("src", step) if step else None)
    assert detector.to_json()["shift"] == ({"side": "src", "step": step} if step else None)


def test_drift_by_gold_links_takes_no_anchors():
    detector = DriftDetector()
    detector.add(drifted(1), [(5, 5), (6, 6)])
    assert detector.possible == {"src": 2, "tgt": 2}
    assert detector.agreement("src", 1) == 1 and detector.agreement("src", 0) == 0


def test_corpus_means_are_weighted_by_what_they_are_means_of():
    corpus = CorpusDiagnostics()
    corpus.add(PAIR)
    corpus.add(record("a b", "c", [[0, 0, 1]], []))
    found = corpus.to_json()
    assert (found["sentences"], found["src_tokens"], found["tgt_tokens"], found["links"]) == (2, 5, 3, 2)
    assert found["entropy"] == pytest.approx(2 * 0.8010280 / 3, abs=1e-6)
    assert found["eos_mass"] == pytest.approx((0.25 + 0.25 + 1) / 3)
    assert found["kendall_tau"] == 1 and found["diagonal_distance"] == pytest.approx(1 / 12)
    assert found["untranslated"] == {"tokens": 2, "words": {"a": 1, "b": 1}}
    json.dumps(found, allow_nan=False)


def test_corpus_lines():
    corpus = CorpusDiagnostics()
    assert "entropy            - nats a target token" in corpus.lines()
    corpus.add(record("a b", "c", [[0, 0, 1]], []))
    for _ in range(2):
        corpus.add(drifted(-1))
    lines = corpus.lines()
    assert "untranslated       2 (7.7 % of source tokens)" in lines and "  a 1, b 1" in lines
    assert "moved on source    -1: 1.000, +0: 0.000, +1: 0.000 of 20 known links found" in lines
    assert lines[-1] == "off-by-one drift   likely: the links belong -1 on the source side"
