"""Several exports of the same sentences on one page, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby, zip_longest
from operator import attrgetter
from pathlib import Path
from typing import BinaryIO

from nmt.alignment.formats.html import ViewerPage
from nmt.alignment.formats.reading import read_records
from nmt.alignment.record import AlignmentRecord
from nmt.errors import DataError
from nmt.report.escape import visible
from nmt.report.viewer import LONGEST_TEXT


def write_view(stream: BinaryIO, paths: Sequence[Path], title: str) -> int:
    """One page of several exports of the same sentences, side by side; returns the number of sentences.

    Raises DataError when the exports are not of the same sentences in the same order.
    """
    page = ViewerPage(stream, title, [path.name for path in paths])
    sentences = 0
    for groups in zip_longest(*(_sentences(read_records(path)) for path in paths)):
        present = [path for path, group in zip(paths, groups, strict=True) if group]
        if len(present) < len(paths):
            short = next(path for path in paths if path not in present)
            raise DataError(f"{short} ends after {sentences} sentences, {present[0]} does not; export the same text")
        for path, group in zip(paths, groups, strict=True):
            _check_same(group[0], path, groups[0][0], paths[0])
        page.add(groups)
        sentences += 1
    page.finish()
    return sentences


def _check_same(record: AlignmentRecord, path: Path, first: AlignmentRecord, first_path: Path) -> None:
    unit, first_unit = record.alignment.unit, first.alignment.unit
    if (record.id, unit) != (first.id, first_unit):
        raise DataError(
            f"{path}: sentence {record.id} by {unit} stands where {first_path} has {first.id} by {first_unit}; "
            "export the same text in the same unit"
        )
    if _source(record) != _source(first):
        raise DataError(
            f"{path}: the source of sentence {record.id} is another one than in {first_path}; export the same text"
        )


def _source(record: AlignmentRecord) -> str:
    """As much of the source as every export has: a page makes all characters visible and cuts long texts."""
    return visible(record.src)[:LONGEST_TEXT]


def _sentences(records: Iterable[AlignmentRecord]) -> Iterable[list[AlignmentRecord]]:
    for _, same in groupby(records, key=attrgetter("id")):
        yield list(same)
