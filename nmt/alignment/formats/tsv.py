"""TSV: a header and one row a link, for spreadsheets, pandas and R. A sentence without links has no row.

`sentence` and the token numbers count from 0, `rank` (the place in an n-best list) from 1. Tokens are escaped as
`nmt/alignment/formats/escapes.py` says for a table, so a tab is `&#9;` and a quotation mark `&#34;`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from nmt.alignment.formats.escapes import escape_field, unescape_token
from nmt.alignment.formats.lines import format_lines
from nmt.alignment.formats.writer import AlignmentWriter
from nmt.alignment.record import AlignmentRecord
from nmt.errors import DataError


class TsvRow(NamedTuple):
    """One link with its tokens."""

    sentence: int
    rank: int
    src: int
    tgt: int
    src_token: str
    tgt_token: str
    weight: float


HEADER = "\t".join(TsvRow._fields)


class TsvWriter(AlignmentWriter):
    name = "tsv"

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream)
        self.write_line(HEADER)

    def write(self, record: AlignmentRecord) -> None:
        alignment = record.alignment
        for src, tgt in sorted(record.links):
            tokens = escape_field(alignment.src_tokens[src]), escape_field(alignment.tgt_tokens[tgt])
            numbers = "\t".join(map(str, (record.id, record.rank, src, tgt)))
            self.write_line(f"{numbers}\t{tokens[0]}\t{tokens[1]}\t{alignment.weights_TS[tgt, src]:g}")


def read_tsv(path: str | Path) -> Iterator[TsvRow]:
    """The rows of the file. Raises DataError, with file and line, for another header or what is not such a row."""
    number = 0
    for number, line in enumerate(format_lines(path), start=1):
        if number > 1:
            yield _row(line, f"{path}:{number}")
        elif line != HEADER:
            raise DataError(f"{path}:1: the header must be {' '.join(TsvRow._fields)}, separated by tabs")
    if number == 0:
        raise DataError(f"{path}: file is empty; it must begin with a header")


def _row(line: str, place: str) -> TsvRow:
    fields = line.split("\t")
    if len(fields) != len(TsvRow._fields):
        raise DataError(f"{place}: {len(fields)} fields, not {len(TsvRow._fields)}")
    try:
        sentence, rank, src, tgt = map(int, fields[:4])
        return TsvRow(sentence, rank, src, tgt, unescape_token(fields[4]), unescape_token(fields[5]), float(fields[6]))
    except ValueError as error:
        raise DataError(f"{place}: {error}") from None
