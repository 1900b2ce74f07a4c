"""HTML: one page to look at, with search, sorting and a heat map for each sentence.

It is read back as the page has it: text made visible, long tokens cut, weights in thousandths.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from nmt.alignment.diagnostics import diagnose
from nmt.alignment.formats.fields import first_problem, parse_record
from nmt.alignment.formats.lines import format_lines
from nmt.alignment.formats.writer import AlignmentWriter
from nmt.alignment.record import AlignmentRecord
from nmt.errors import DataError
from nmt.report import viewer
from nmt.report.viewer import CHUNK, shown_text, shown_token, viewer_chunk, viewer_end, viewer_start

MEASURES = (*("src_length", "tgt_length", "entropy", "eos_mass", "untranslated", "repeated", "kendall_tau"),)
"""Of the diagnostics what the page shows or sorts by, beside the score."""

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


def _facts(record: AlignmentRecord) -> dict[str, Any]:
    found = diagnose(record)
    facts = {name: getattr(found, name) for name in MEASURES}
    rounded = {name: round(value, 4) if isinstance(value, float) else value for name, value in facts.items()}
    return {"tgt": shown_text(record.tgt), "score": found.score, **rounded}


def _map(record: AlignmentRecord) -> dict[str, Any]:
    """Tokens, links and weights in thousandths. Tells what is needed to read them back, too."""
    alignment = record.alignment
    return {
        "src": list(map(shown_token, alignment.src_tokens)),
        "tgt": list(map(shown_token, alignment.tgt_tokens)),
        "unit": alignment.unit,
        "eos": alignment.eos,
        "columns": alignment.weights_TS.shape[1],
        "links": [[src, tgt] for src, tgt in sorted(record.links)],
        "rows": np.rint(alignment.weights_TS * 1000).astype(int).tolist(),
    }


def read_html(path: str | Path) -> Iterator[AlignmentRecord]:
    """The records of a page as the page has them. Raises DataError for what is no page, or one of several systems."""
    try:
        for facts, maps in _sentences(path):
            yield from _records(facts, maps)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: not a page of alignments: {first_problem(error)}") from None


def _records(facts: Any, maps: Any) -> Iterator[AlignmentRecord]:
    if len(facts["systems"]) != 1:
        raise ValueError(f"it shows {len(facts['systems'])} systems side by side; read the export of one")
    for rank, (found, shown) in enumerate(zip(facts["systems"][0], maps[0], strict=True), start=1):
        fields = {name: shown[name] for name in ("unit", "eos", "links")}
        fields |= {"id": facts["number"], "rank": rank, "src": facts["src"], "tgt": found["tgt"]}
        fields |= {"src_tokens": shown["src"], "tgt_tokens": shown["tgt"], "score": found["score"]}
        rows = [[weight / 1000 for weight in row] for row in shown["rows"]]
        yield parse_record(json.dumps({**fields, "attention": rows}))


def _sentences(path: str | Path) -> Iterator[tuple[Any, Any]]:
    """Facts and maps of each sentence, as `viewer_chunk` wrote them."""
    blocks: dict[str, list[Any]] = {viewer.FACTS: [], viewer.MAPS: []}
    current, is_ours, line = None, False, ""
    for line in format_lines(path):
        is_ours = is_ours or line.startswith(viewer.META)
        if line in blocks:
            current = blocks[line]
            current.clear()
        elif line == viewer.END:
            if current is blocks[viewer.MAPS]:
                yield from zip(*blocks.values(), strict=True)
            current = None
        elif current is not None:
            current.append(json.loads(line.removesuffix(",")))
    if not is_ours or line != "</html>":
        raise ValueError("it does not begin and end as one does")
