"""Soft alignment as Marian prints it (`--alignment soft`): one line a sentence, only the numbers.

Target tokens are separated by a space, the weights of one on the source tokens by a comma, each as `%g`; source EOS is
the last number, target EOS the last group, where the alignment has them. Read by SoftAlignments (`-f Marian`).

Dimensions: S source and T target tokens, EOS among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from nmt.alignment.formats.lines import format_lines
from nmt.alignment.formats.writer import AlignmentWriter
from nmt.alignment.record import AlignmentRecord
from nmt.errors import DataError


class SoftWriter(AlignmentWriter):
    name = "soft"

    def write(self, record: AlignmentRecord) -> None:
        rows = record.alignment.weights_TS.tolist()
        self.write_line(" ".join(",".join(f"{weight:g}" for weight in row) for row in rows))


def read_soft(path: str | Path) -> Iterator[np.ndarray]:
    """The weights_TS of each line, float32; (0, 0) for an empty line. The format holds no tokens.

    Raises DataError, with file and line, for what is no number or for rows of unequal length.
    """
    for number, line in enumerate(format_lines(path), start=1):
        try:
            rows = [[float(weight) for weight in row.split(",")] for row in line.split()]
        except ValueError:
            raise DataError(f"{path}:{number}: not numbers separated by comma and space") from None
        if len({len(row) for row in rows}) > 1:
            raise DataError(
                f"{path}:{number}: rows of unequal length; every target token needs the same number of weights"
            )
        yield np.array(rows, dtype=np.float32).reshape(len(rows), -1 if rows else 0)
