"""Alignment error rate against gold links: Och and Ney 2003, "A Systematic Comparison of Various Statistical Alignment
Models", "Evaluation Methodology"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nmt.alignment.formats.pharaoh import read_pharaoh
from nmt.alignment.gold import GoldLinks, read_gold
from nmt.alignment.links import Links
from nmt.errors import DataError


@dataclass(frozen=True)
class AlignmentScores:
    """Scores of a corpus, each from 0 to 1. A is the links under test, S the sure and P all gold links, summed over the
    corpus. A ratio of nothing to nothing counts as 0, and its AER as 1."""

    aer: float
    """1 - (|A & S| + |A & P|) / (|A| + |S|); lower is better."""
    precision: float
    """|A & P| / |A|"""
    recall: float
    """|A & S| / |S|"""
    f1: float
    """2 * precision * recall / (precision + recall)"""
    sentences: int
    links: int
    """|A|"""
    sure: int
    """|S|"""
    possible: int
    """|P|, the sure links included."""


def score_alignments(hyp: Iterable[Links], gold: Iterable[GoldLinks]) -> AlignmentScores:
    """Scores of `hyp` against `gold`, sentence n against sentence n. A link given twice counts once.

    Raises ValueError when one has more sentences than the other.
    """
    sentences = links = sure = possible = sure_hits = possible_hits = 0
    for hyp_links, gold_links in zip(hyp, gold, strict=True):
        found = set(hyp_links)
        sentences += 1
        links += len(found)
        sure += len(gold_links.sure)
        possible += len(gold_links.possible)
        sure_hits += len(found & gold_links.sure)
        possible_hits += len(found & gold_links.possible)
    precision, recall = _ratio(possible_hits, links), _ratio(sure_hits, sure)
    return AlignmentScores(
        aer=1 - _ratio(sure_hits + possible_hits, links + sure),
        precision=precision,
        recall=recall,
        f1=_ratio(2 * precision * recall, precision + recall),
        sentences=sentences,
        links=links,
        sure=sure,
        possible=possible,
    )


def score_files(
    hyp_path: str | Path, gold_path: str | Path, *, hyp_base: int = 0, gold_base: int = 0
) -> AlignmentScores:
    """Scores of a Pharaoh file against a gold file; each base is 0 or 1, the number of the first token in that file.

    Raises DataError for a line that is wrong, or when the files do not have the same number of lines.
    """
    hyp, gold = list(read_pharaoh(hyp_path, hyp_base)), list(read_gold(gold_path, gold_base))
    if len(hyp) != len(gold):
        raise DataError(f"{hyp_path} has {len(hyp)} lines and {gold_path} has {len(gold)}; line n must be sentence n")
    return score_alignments(hyp, gold)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
