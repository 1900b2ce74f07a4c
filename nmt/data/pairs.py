"""Text pairs: two files, read in lock step and refused if they do not fit, or lines with a tab between the sides."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import islice, zip_longest
from pathlib import Path

from nmt.errors import DataError
from nmt.text.reader import read_lines

MAX_PAIRS = 100_000_000
"""Most lines of a corpus; more is a mistake or a decompression bomb."""

MAX_SURPLUS = 1_000_000
"""Most lines that are counted in one file after the other has ended."""


def read_pairs(
    src: str | Path,
    tgt: str | Path,
    notes: tuple[Counter[str], Counter[str]] | None = None,
    sides: tuple[str, str] = ("source", "target"),
) -> list[tuple[str, str]]:
    """All lines of both files as pairs, blank ones too: pair i is line i + 1.

    `notes` counts oddities of each side as `nmt.text.reader.read_lines` does; `sides` names the files in messages.
    Errors: DataError if a file is missing, no regular file, empty or not UTF-8, if both are the same file, or if they
    have different numbers of lines, which are counted up to MAX_SURPLUS beyond the shorter one.
    """
    _check_paths(src, tgt, sides)
    pairs: list[tuple[str, str]] = []
    for pair in _paired(src, tgt, notes or (None, None)):
        if len(pairs) == MAX_PAIRS:
            raise DataError(f"{src}: more than {MAX_PAIRS} lines; split the corpus")
        pairs.append(pair)
    return pairs


def stream_pairs(
    src: str | Path, tgt: str | Path, notes: tuple[Counter[str], Counter[str]] | None = None
) -> Iterator[tuple[str, str]]:
    """The pairs of `read_pairs`, one in memory at a time: both files are read to their end and checked before this
    returns, and read again for the pairs. `notes` counts oddities of the pairs so far. Errors as there."""
    _check_paths(src, tgt, ("source", "target"))
    for _ in _paired(src, tgt, (None, None)):
        pass
    src_notes, tgt_notes = notes or (None, None)
    return zip(read_lines(src, src_notes), read_lines(tgt, tgt_notes), strict=True)


def split_pairs(lines: Iterable[str], name: str) -> Iterator[tuple[str, str]]:
    """The pairs of lines `source<TAB>target`; `name` stands in the message.

    Errors: DataError, `name:line: problem`, for a line that has not exactly one tab.
    """
    for number, line in enumerate(lines, start=1):
        fields = line.split("\t")
        if len(fields) != 2:
            raise DataError(f"{name}:{number}: expected 2 tab-separated fields, found {len(fields)}")
        yield fields[0], fields[1]


def with_prefixes(lines: Iterable[str], path: str | Path) -> Iterator[tuple[str, str]]:
    """Each line with the line of the same number in `path`, which its translation must begin with.

    Errors: DataError if one of them has more lines, or `path` cannot be read.
    """
    for number, (line, prefix) in enumerate(zip_longest(lines, read_lines(path))):
        if prefix is None:
            raise DataError(f"{path} has {number} lines, the source has more; line n must be the prefix for line n")
        if line is None:
            raise DataError(f"{path} has more lines than the source ({number}); line n must be the prefix for line n")
        yield line, prefix


def overlap(train: Iterable[tuple[str, str]], test: Collection[tuple[str, str]]) -> int:
    """How many pairs of `test` stand in `train` as well."""
    wanted = set(test)
    found = {pair for pair in train if pair in wanted}
    return sum(pair in found for pair in test)


def _check_paths(src: str | Path, tgt: str | Path, sides: tuple[str, str]) -> None:
    for path in (src, tgt):
        special = os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)
        if str(path) == "-" or special:
            raise DataError(f"{path}: expected a file, not a pipe")
    if os.path.exists(src) and os.path.exists(tgt) and os.path.samefile(src, tgt):
        raise DataError(f"{src}: {sides[0]} and {sides[1]} are the same file")


def _paired(
    src: str | Path, tgt: str | Path, notes: tuple[Counter[str] | None, Counter[str] | None]
) -> Iterator[tuple[str, str]]:
    """The pairs of two files in lock step. Errors: DataError where one ends before the other, or has no line."""
    sides = [read_lines(path, counts) for path, counts in zip((src, tgt), notes, strict=True)]
    paired = 0
    for one, other in zip_longest(*sides):
        if one is None or other is None:
            surplus = 1 + sum(1 for _ in islice(sides[one is None], MAX_SURPLUS))
            raise DataError(_unequal((src, tgt), paired, surplus, int(one is None)))
        paired += 1
        yield one, other
    if not paired:
        raise DataError(f"{src}: file is empty")


def _unequal(paths: tuple[str | Path, str | Path], paired: int, surplus: int, longer: int) -> str:
    """What is said of files that have so many pairs, then `surplus` lines more in the `longer` one, 0 or 1."""
    if not paired:
        return f"{paths[1 - longer]}: file is empty"
    counts = [str(paired), str(paired)]
    counts[longer] = f"{'at least ' if surplus > MAX_SURPLUS else ''}{paired + surplus}"
    shown = f"{paths[0]} has {counts[0]} lines, {paths[1]} {counts[1]}"
    return f"{shown}; first unpaired line: {paths[longer]}:{paired + 1}"
