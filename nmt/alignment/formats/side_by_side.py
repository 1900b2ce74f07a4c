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
            if (group[0].id, group[0].alignment.unit) != (groups[0][0].id, groups[0][0].alignment.unit):
                raise DataError(
                    f"{path}: sentence {group[0].id} by {group[0].alignment.unit} stands where {paths[0]} has "
                    f"{groups[0][0].id} by {groups[0][0].alignment.unit}; export the same text in the same unit"
                )
        page.add(groups)
        sentences += 1
    page.finish()
    return sentences


def _sentences(records: Iterable[AlignmentRecord]) -> Iterable[list[AlignmentRecord]]:
    for _, same in groupby(records, key=attrgetter("id")):
        yield list(same)
