"""Text pairs: two files, or one with tabs, read in lock step and refused if they do not fit."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path

from nmt.errors import DataError
from nmt.text.reader import read_lines

MAX_PAIRS = 100_000_000
"""Most lines of a corpus; more is a mistake or a decompression bomb."""


def read_pairs(
    src: str | Path, tgt: str | Path, notes: tuple[Counter[str], Counter[str]] | None = None
) -> list[tuple[str, str]]:
    """All lines of both files as pairs, blank ones too: pair i is line i + 1.

    `notes` counts oddities of each side as `nmt.text.reader.read_lines` does.
    Errors: DataError if a file is missing, no regular file, empty or not UTF-8, if both are the same file, or if they
    have different numbers of lines; both are counted to the end.
    """
    _check_paths(src, tgt)
    src_notes, tgt_notes = notes or (None, None)
    pairs: list[tuple[str | None, str | None]] = []
    for pair in zip_longest(read_lines(src, src_notes), read_lines(tgt, tgt_notes)):
        if len(pairs) == MAX_PAIRS:
            raise DataError(f"{src}: more than {MAX_PAIRS} lines; split the corpus")
        pairs.append(pair)
    _check_counts(src, tgt, pairs)
    return pairs  # type: ignore[return-value]


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


def split_tsv(lines: Iterable[str], name: str) -> Iterator[tuple[str, str]]:
    """Pairs from lines of two fields with a tab between; `name` stands in the error messages.

    Errors: DataError for a line that has another number of fields.
    """
    for number, line in enumerate(lines, start=1):
        fields = line.split("\t")
        if len(fields) != 2:
            raise DataError(f"{name}:{number}: expected 2 tab-separated fields, found {len(fields)}")
        yield fields[0], fields[1]


def overlap(train: Iterable[tuple[str, str]], test: Iterable[tuple[str, str]]) -> int:
    """How many pairs of `test` stand in `train` as well."""
    known = set(train)
    return sum(pair in known for pair in test)


def _check_paths(src: str | Path, tgt: str | Path) -> None:
    for path in (src, tgt):
        special = os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)
        if str(path) == "-" or special:
            raise DataError(f"{path}: training data must be files, not a pipe")
    if os.path.exists(src) and os.path.exists(tgt) and os.path.samefile(src, tgt):
        raise DataError(f"{src}: source and target are the same file")


def _check_counts(src: str | Path, tgt: str | Path, pairs: list[tuple[str | None, str | None]]) -> None:
    counts = [sum(pair[side] is not None for pair in pairs) for side in (0, 1)]
    for path, count in zip((src, tgt), counts, strict=True):
        if count == 0:
            raise DataError(f"{path}: file is empty")
    if counts[0] != counts[1]:
        longer = src if counts[0] > counts[1] else tgt
        raise DataError(
            f"{src} has {counts[0]} lines, {tgt} {counts[1]}; first unpaired line: {longer}:{min(counts) + 1}"
        )
