"""Alignment error rate against gold links: Och and Ney 2003, "A Systematic Comparison of Various Statistical Alignment
Models", "Evaluation Methodology"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from nmt.alignment.formats.pharaoh import read_pharaoh
from nmt.alignment.gold import GoldFile, GoldLinks, require_base_0
from nmt.alignment.links import Links, WordCounts


@dataclass(frozen=True)
class LinkCounts:
    """What the scores are made of, of a sentence or of a corpus. A is the links under test, S the sure and P all gold
    links."""

    sentences: int = 0
    links: int = 0
    """|A|"""
    sure: int = 0
    """|S|"""
    possible: int = 0
    """|P|, the sure links included."""
    sure_hits: int = 0
    """|A & S|"""
    possible_hits: int = 0
    """|A & P|"""

    def __add__(self, other: LinkCounts) -> LinkCounts:
        return LinkCounts(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True)
class AlignmentScores:
    """Scores of a sentence or a corpus, each from 0 to 1, from sums over the corpus. A ratio of nothing to nothing
    counts as 0, and its AER as 1."""

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


def count_links(hyp: Links, gold: GoldLinks) -> LinkCounts:
    """The counts of one sentence. A link given twice counts once."""
    found = set(hyp)
    hits = len(found & gold.sure), len(found & gold.possible)
    return LinkCounts(1, len(found), len(gold.sure), len(gold.possible), *hits)


def scores_of(counts: LinkCounts) -> AlignmentScores:
    """The scores that follow from the counts."""
    precision, recall = _ratio(counts.possible_hits, counts.links), _ratio(counts.sure_hits, counts.sure)
    return AlignmentScores(
        aer=1 - _ratio(counts.sure_hits + counts.possible_hits, counts.links + counts.sure),
        precision=precision,
        recall=recall,
        f1=_ratio(2 * precision * recall, precision + recall),
        sentences=counts.sentences,
        links=counts.links,
        sure=counts.sure,
        possible=counts.possible,
    )


def score_alignments(hyp: Iterable[Links], gold: Iterable[GoldLinks]) -> AlignmentScores:
    """Scores of `hyp` against `gold`, sentence n against sentence n.

    Raises ValueError when one has more sentences than the other.
    """
    counts = (count_links(links, gold_links) for links, gold_links in zip(hyp, gold, strict=True))
    return scores_of(sum(counts, LinkCounts()))


def score_files(
    hyp_path: str | Path, gold_path: str | Path, *, hyp_base: int | None = None, gold_base: int | None = None
) -> AlignmentScores:
    """Scores of a Pharaoh file against a gold file. Bases and errors as in `count_files`."""
    return scores_of(sum(count_files(hyp_path, gold_path, hyp_base=hyp_base, gold_base=gold_base), LinkCounts()))


def count_files(
    hyp_path: str | Path, gold_path: str | Path, *, hyp_base: int | None = None, gold_base: int | None = None
) -> list[LinkCounts]:
    """The counts of each sentence of a Pharaoh file against a gold file.

    A base is the number of the first token in that file, 0 or 1; None is what the format says, 0 or for NAACL 1.
    Raises DataError for a line that is wrong, for a file that seems to have another base than None stands for, or when
    the files do not have the same number of sentences.
    """
    return count_sentences(read_hyp(hyp_path, hyp_base), hyp_path, gold_path, gold_base)


def read_hyp(path: str | Path, base: int | None = None) -> list[Links]:
    """The links of each line of a Pharaoh file. Base and errors as in `count_files`."""
    links = list(read_pharaoh(path, base or 0))
    if base is None:
        require_base_0(path, links, "--hyp-base of nmt align-eval")
    return links


def count_sentences(
    hyp: Sequence[Links],
    hyp_path: str | Path,
    gold_path: str | Path,
    gold_base: int | None = None,
    words: Sequence[WordCounts] | None = None,
) -> list[LinkCounts]:
    """The counts of each sentence of `hyp`, which stands in `hyp_path`, against a gold file. `words`: how many source
    and target words each has, where that is known. Errors: as `count_files`; DataError for a gold link that leads out
    of its sentence."""
    gold = GoldFile(gold_path, gold_base)
    gold.require_sentences(len(hyp), f"of {hyp_path}")
    if words is None:
        return [count_links(links, gold[number]) for number, links in enumerate(hyp)]
    return [count_links(links, gold.within(number, *words[number])) for number, links in enumerate(hyp)]


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
