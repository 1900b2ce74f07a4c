"""JSON Lines: one object a sentence pair, with text, tokens, weights (rows = target, 6 decimals), links and score."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from nmt.alignment.formats.fields import RecordFields, first_problem
from nmt.alignment.formats.writer import AlignmentWriter
from nmt.alignment.record import AlignmentRecord
from nmt.errors import DataError


class JsonlWriter(AlignmentWriter):
    name = "jsonl"

    def write(self, record: AlignmentRecord) -> None:
        attention = np.round(record.alignment.weights_TS.astype(np.float64), 6).tolist()
        self.write_line(RecordFields.of(record).model_copy(update={"attention": attention}).to_json())


def read_jsonl(path: str | Path) -> Iterator[AlignmentRecord]:
    """The records of the file. Raises DataError, with file and line, for what is not such an object."""
    from nmt.text.reader import read_lines

    for number, line in enumerate(read_lines(path), start=1):
        try:
            fields = RecordFields.model_validate_json(line)
            rows = fields.attention or []
            columns = len(rows[0]) if rows else len(fields.src_tokens) + fields.eos
            yield fields.record(np.array(rows, dtype=np.float32).reshape(len(rows), columns))
        except ValueError as error:
            raise DataError(f"{path}:{number}: {first_problem(error)}") from None
