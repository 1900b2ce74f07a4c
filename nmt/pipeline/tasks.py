"""What a model can do with lines: translate them, align them, score them.

A task is opened with a model, in each process that shares the lines, and gives what answers them in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias, TypeVar

from nmt.alignment.record import AlignmentRecord
from nmt.pipeline.alignment_export import ExportSettings, export_records
from nmt.pipeline.decoding import Opened, Tell
from nmt.pipeline.loading import load_reverse
from nmt.pipeline.pair_scores import PairScore, score_pairs
from nmt.search.sampling import Sampling
from nmt.translator import Translation

Answer = TypeVar("Answer")
Pairs: TypeAlias = Iterable[tuple[str, str]]
"""Lines, each with what is known of its target."""
Work: TypeAlias = Callable[[Pairs, int, "int | None"], Iterator[Answer]]
"""Answers lines; the numbers are that of the first line, from 1, and how many lines to read ahead."""
Task: TypeAlias = Callable[[Opened, Tell], Work[Answer]]


class Export(NamedTuple):
    """What is exported of which alignments: those of given pairs, or of translations found by search."""

    settings: ExportSettings
    given: bool
    reverse: Path | None = None


def translating(sampling: Sampling | None, opened: Opened, tell: Tell) -> Work[list[Translation]]:
    """The n best translations of each line, best first, or as many drawn at random."""

    def work(pairs: Pairs, first: int, read_ahead: int | None) -> Iterator[list[Translation]]:
        return opened.translator.complete(pairs, opened.search, sampling, read_ahead, first)

    return work


def aligning(export: Export, opened: Opened, tell: Tell) -> Work[AlignmentRecord]:
    """The records of the alignments of each line, best first. Errors: as `load_reverse`."""
    choice, translator, other = opened.choice, opened.translator, None
    if export.reverse is not None:
        other = load_reverse(export.reverse, opened.experiment, choice.checkpoint, choice.device, tell)

    def work(pairs: Pairs, first: int, read_ahead: int | None) -> Iterator[AlignmentRecord]:
        if export.given:
            found = ([aligned] for aligned in translator.align(pairs, first, read_ahead))
        else:
            found = translator.read_head(translator.complete(pairs, opened.search, None, read_ahead, first))
        return export_records(found, export.settings, other, first - 1, read_ahead)

    return work


def scoring(opened: Opened, tell: Tell) -> Work[PairScore]:
    """The log-probability of each pair."""

    def work(pairs: Pairs, first: int, read_ahead: int | None) -> Iterator[PairScore]:
        return score_pairs(opened.translator, pairs, first, read_ahead)

    return work
