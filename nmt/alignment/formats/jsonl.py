"""JSON Lines: one object a sentence pair, with text, tokens, weights (rows = target, 6 decimals), links and score."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nmt.alignment.formats.fields import first_problem, parse_record, record_line
from nmt.alignment.formats.lines import format_lines
from nmt.alignment.formats.writer import AlignmentWriter
from nmt.alignment.record import AlignmentRecord
from nmt.errors import DataError


class JsonlWriter(AlignmentWriter):
    name = "jsonl"

    def write(self, record: AlignmentRecord) -> None:
        self.write_line(record_line(record))


def read_jsonl(path: str | Path) -> Iterator[AlignmentRecord]:
    """The records of the file. Raises DataError, with file and line, for what is not such an object."""
    for number, line in enumerate(format_lines(path), start=1):
        try:
            yield parse_record(line)
        except ValueError as error:
            raise DataError(f"{path}:{number}: {first_problem(error)}") from None
