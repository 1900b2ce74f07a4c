"""Data report: what a person should know about a set of parallel files before believing a score."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nmt.text.vocab import UNK

if TYPE_CHECKING:
    from nmt.data.config import ParallelFiles

FIRST_LINES = 20
"""How many line numbers are listed for each reason."""

EXTREME_RATIO = 9
"""A pair whose longer side has more than this many times the pieces of the other is suspicious (the limit of Moses'
clean-corpus-n)."""

SKIPPED_SHARE = 0.01
"""More skipped pairs than this are worth a warning."""

SKIPPED = ("empty", "empty_src", "empty_tgt", "too_long")
SUSPICIOUS = ("copy", "extreme_ratio", "other_numbers")
NOTES = ("bom", "crlf", "nul", "control")

_DIGIT = re.compile(r"\d")

Pieces = Sequence[int] | Sequence[str]
"""Ids of a sentence or, where there is no vocabulary, its words."""


@dataclass
class _Lines:
    """How many lines, and the numbers of the first ones."""

    count: int = 0
    numbers: list[int] = field(default_factory=list)

    def add(self, number: int) -> None:
        self.count += 1
        if self.count <= FIRST_LINES:
            self.numbers.append(number)


class SetReport:
    """Counts about one set. Pairs come one by one, in the order of the files; of each only a hash is kept.

    `notes` are for the readers of both sides (`nmt.text.reader.read_lines`); `before` are the lines of the files before
    the first pair.
    """

    def __init__(self, files: ParallelFiles, max_length: int | None = None, before: int = 0) -> None:
        self.notes: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        self._files, self._max_length = files, max_length
        self._before = self._lines = before
        self._kept = self._duplicates = 0
        self._seen: set[int] = set()
        self._skipped = {reason: _Lines() for reason in SKIPPED}
        self._suspicious = {reason: _Lines() for reason in SUSPICIOUS}
        self._sides = _Side(), _Side()

    def add(self, pair: tuple[str, str], src: Pieces, tgt: Pieces) -> bool:
        """Takes in the next pair and its pieces; whether it is kept."""
        self._lines += 1
        reason = self._why_skipped(len(src), len(tgt))
        if reason:
            self._skipped[reason].add(self._lines)
            return False
        self._kept += 1
        self._duplicates += hash(pair) in self._seen
        self._seen.add(hash(pair))
        for side, text, pieces in zip(self._sides, pair, (src, tgt), strict=True):
            side.add(text, pieces)
        if pair[0] == pair[1]:
            self._suspicious["copy"].add(self._lines)
        if max(len(src), len(tgt)) > EXTREME_RATIO * min(len(src), len(tgt)):
            self._suspicious["extreme_ratio"].add(self._lines)
        if _digits(pair[0]) != _digits(pair[1]):
            self._suspicious["other_numbers"].add(self._lines)
        return True

    def first_skipped(self, reason: str) -> int | None:
        """Number of the first line that was skipped for this reason."""
        numbers = self._skipped[reason].numbers
        return numbers[0] if numbers else None

    def result(self) -> dict[str, Any]:
        """Ready for JSON.

        `lines` read and pairs `kept`; `skipped`, by reason, with a `count` and the first line `numbers`; of the kept
        pairs `duplicates` (seen before) and likewise the `suspicious` ones: `copy` (source text = target text),
        `extreme_ratio` of lengths, `other_numbers` (digits that the other side has not, however grouped); for each
        side its `path`, `mean_length` and `max_length` in pieces, `unknown_rate` (share of pieces), the number of lines
        that have a `bom`, a `crlf`, a `nul` or another `control` character or are `not_nfc`; `warnings`, each one line.
        """
        found = {
            "lines": self._lines - self._before,
            "kept": self._kept,
            "skipped": {reason: vars(found) for reason, found in self._skipped.items()},
            "duplicates": self._duplicates,
            "suspicious": {reason: vars(found) for reason, found in self._suspicious.items()},
            "src": {"path": self._files.src, **self._sides[0].result(self.notes[0])},
            "tgt": {"path": self._files.tgt, **self._sides[1].result(self.notes[1])},
        }
        return {**found, "warnings": warnings(found)}

    def _why_skipped(self, src: int, tgt: int) -> str | None:
        if not src or not tgt:
            return "empty_tgt" if src else "empty_src" if tgt else "empty"
        return "too_long" if self._max_length is not None and max(src, tgt) > self._max_length else None


def warnings(report: dict[str, Any]) -> list[str]:
    """What of a report a person should be told."""
    found = []
    counts = {reason: lines["count"] for reason, lines in report["skipped"].items() if lines["count"]}
    total, lines = sum(counts.values()), report["lines"]
    if total > SKIPPED_SHARE * lines:
        reasons = ", ".join(f"{reason} {count}" for reason, count in counts.items())
        found.append(f"{report['src']['path']}: {total} of {lines} pairs skipped ({total / lines:.1%}): {reasons}")
    for side in (report["src"], report["tgt"]):
        if side["nul"]:
            found.append(f"{side['path']}: NUL bytes in {side['nul']} lines, read as spaces")
    return found


def _digits(text: str) -> list[int]:
    """The decimal digits of any script, sorted."""
    return sorted(map(unicodedata.decimal, _DIGIT.findall(text)))


class _Side:
    """Counts about one side of the kept pairs."""

    def __init__(self) -> None:
        self._sentences = self._pieces = self._longest = self._unknown = self._not_nfc = 0

    def add(self, text: str, pieces: Pieces) -> None:
        self._sentences += 1
        self._pieces += len(pieces)
        self._longest = max(self._longest, len(pieces))
        self._unknown += pieces.count(UNK)  # type: ignore[arg-type]
        self._not_nfc += not unicodedata.is_normalized("NFC", text)

    def result(self, notes: Counter[str]) -> dict[str, Any]:
        return {
            "mean_length": self._pieces / max(1, self._sentences),
            "max_length": self._longest,
            "unknown_rate": self._unknown / max(1, self._pieces),
            **{note: notes[note] for note in NOTES},
            "not_nfc": self._not_nfc,
        }
