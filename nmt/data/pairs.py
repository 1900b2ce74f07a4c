"""Text pairs: two files, read in lock step and refused if they do not fit, or lines with a tab between the sides."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import zip_longest
from pathlib import Path

from nmt.errors import DataError
from nmt.text.reader import read_lines

MAX_PAIRS = 100_000_000
"""Most lines of a corpus; more is a mistake or a decompression bomb."""


def read_pairs(
    src: str | Path,
    tgt: str | Path,
    notes: tuple[Counter[str], Counter[str]] | None = None,
    sides: tuple[str, str] = ("source", "target"),
) -> list[tuple[str, str]]:
    """All lines of both files as pairs, blank ones too: pair i is line i + 1.

    `notes` counts oddities of each side as `nmt.text.reader.read_lines` does; `sides` names the files in messages.
    Errors: DataError if a file is missing, no regular file, empty or not UTF-8, if both are the same file, or if they
    have different numbers of lines; both are counted to the end.
    """
    _check_paths(src, tgt, sides)
    src_notes, tgt_notes = notes or (None, None)
    pairs: list[tuple[str | None, str | None]] = []
    for pair in zip_longest(read_lines(src, src_notes), read_lines(tgt, tgt_notes)):
        if len(pairs) == MAX_PAIRS:
            raise DataError(f"{src}: more than {MAX_PAIRS} lines; split the corpus")
        pairs.append(pair)
    _check_counts(src, tgt, *(sum(pair[side] is not None for pair in pairs) for side in (0, 1)))
    return pairs  # type: ignore[return-value]


def stream_pairs(
    src: str | Path, tgt: str | Path, notes: tuple[Counter[str], Counter[str]] | None = None
) -> Iterator[tuple[str, str]]:
    """The pairs of `read_pairs`, one in memory at a time: both files are read to their end and checked before this
    returns, and read again for the pairs. `notes` counts oddities of the pairs so far. Errors as there."""
    _check_paths(src, tgt, ("source", "target"))
    counts = [0, 0]
    for pair in zip_longest(read_lines(src), read_lines(tgt)):
        for side in (0, 1):
            counts[side] += pair[side] is not None
    _check_counts(src, tgt, *counts)
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


def _check_counts(src: str | Path, tgt: str | Path, sources: int, targets: int) -> None:
    for path, count in ((src, sources), (tgt, targets)):
        if count == 0:
            raise DataError(f"{path}: file is empty")
    if sources != targets:
        unpaired = f"{src if sources > targets else tgt}:{min(sources, targets) + 1}"
        raise DataError(f"{src} has {sources} lines, {tgt} {targets}; first unpaired line: {unpaired}")
