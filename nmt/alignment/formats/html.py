"""HTML: one page to look at, with search, sorting and a heat map for each sentence; not read back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby, zip_longest
from operator import attrgetter
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from nmt.alignment.diagnostics import diagnose
from nmt.alignment.formats.reading import read_records
from nmt.alignment.formats.writer import AlignmentWriter
from nmt.alignment.record import AlignmentRecord
from nmt.errors import DataError
from nmt.report.viewer import CHUNK, shown_text, shown_token, viewer_chunk, viewer_end, viewer_start

FACTS = (*("src_length", "tgt_length", "score", "entropy", "eos_mass", "untranslated", "repeated", "kendall_tau"),)
"""Of the diagnostics what the page shows or sorts by."""

Systems = Sequence[Sequence[AlignmentRecord]]
"""One sentence: for each system its n best records."""


class ViewerPage:
    """The page, written as the sentences come; in memory stay at most CHUNK of them."""

    def __init__(self, stream: BinaryIO, title: str, systems: list[str]) -> None:
        self.stream = stream
        self.facts: list[dict[str, Any]] = []
        self.maps: list[Any] = []
        self._put(viewer_start(title, systems))

    def add(self, systems: Systems) -> None:
        """One sentence more, with at least one record of each system."""
        first = systems[0][0]
        self.facts.append(
            {"number": first.id, "src": shown_text(first.src), "systems": [list(map(_facts, s)) for s in systems]}
        )
        self.maps.append([list(map(_map, records)) for records in systems])
        if len(self.facts) == CHUNK:
            self._chunk()

    def finish(self) -> None:
        if self.facts:
            self._chunk()
        self._put(viewer_end())
        self.stream.flush()

    def _chunk(self) -> None:
        self._put(viewer_chunk(self.facts, self.maps))
        self.facts, self.maps = [], []

    def _put(self, text: str) -> None:
        self.stream.write(text.encode("utf-8"))


class HtmlWriter(AlignmentWriter):
    """Records that follow each other with the same id are the n best of one sentence."""

    name = "html"

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream)
        self.page = ViewerPage(stream, "Alignments", [""])
        self.same: list[AlignmentRecord] = []

    def write(self, record: AlignmentRecord) -> None:
        if self.same and self.same[0].id != record.id:
            self.page.add([self.same])
            self.same = []
        self.same.append(record)

    def finish(self) -> None:
        if self.same:
            self.page.add([self.same])
        self.page.finish()


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


def _facts(record: AlignmentRecord) -> dict[str, Any]:
    found = diagnose(record)
    facts = {name: getattr(found, name) for name in FACTS}
    rounded = {name: round(value, 4) if isinstance(value, float) else value for name, value in facts.items()}
    return {"tgt": shown_text(record.tgt), **rounded}


def _map(record: AlignmentRecord) -> dict[str, Any]:
    """Tokens, links and weights in thousandths."""
    alignment = record.alignment
    return {
        "src": list(map(shown_token, alignment.src_tokens)),
        "tgt": list(map(shown_token, alignment.tgt_tokens)),
        "columns": alignment.weights_TS.shape[1],
        "links": [[src, tgt] for src, tgt in sorted(record.links)],
        "rows": np.rint(alignment.weights_TS * 1000).astype(int).tolist(),
    }
