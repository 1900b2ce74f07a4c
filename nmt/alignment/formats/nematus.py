"""The text format of Nematus, read by SoftAlignments (`-f Nematus`).

A sentence is `id ||| target ||| score ||| source ||| columns rows`, then one line of weights (`%g`) a target token,
then an empty line. Columns and rows count EOS where the alignment has it, which is in neither list of tokens. Tokens
are escaped as `nmt/alignment/formats/escapes.py` says; an unknown score is written as 0, as Nematus does.

Dimensions: S source and T target tokens, EOS among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nmt.alignment.formats.escapes import join_tokens, split_tokens
from nmt.alignment.formats.lines import format_lines
from nmt.alignment.formats.writer import AlignmentWriter
from nmt.alignment.record import AlignmentRecord
from nmt.errors import DataError

BETWEEN = " ||| "


class NematusSentence(NamedTuple):
    """What the format holds of a record."""

    id: int
    tgt_tokens: list[str]
    score: float
    src_tokens: list[str]
    weights_TS: np.ndarray


class NematusWriter(AlignmentWriter):
    name = "nematus"

    def write(self, record: AlignmentRecord) -> None:
        alignment = record.alignment
        rows, columns = alignment.weights_TS.shape
        score = 0 if alignment.score is None else alignment.score
        target, source = join_tokens(alignment.tgt_tokens), join_tokens(alignment.src_tokens)
        self.write_line(BETWEEN.join((str(record.id), target, str(score), source, f"{columns} {rows}")))
        for weights in alignment.weights_TS.tolist():
            self.write_line(" ".join(f"{weight:g}" for weight in weights))
        self.write_line("")


def read_nematus(path: str | Path) -> Iterator[NematusSentence]:
    """The sentences of the file. Raises DataError, with file and line, for what is not such a block."""
    with closing(format_lines(path)) as text:
        lines = enumerate(text, start=1)
        for number, header in lines:
            try:
                name, target, score, source, size = header.split(BETWEEN)
                columns, rows = map(int, size.split(" "))
                found = int(name), split_tokens(target), float(score), split_tokens(source)
            except ValueError:
                raise DataError(f"{path}:{number}: not `id ||| target ||| score ||| source ||| columns rows`") from None
            weights: list[list[float]] = []
            for _ in range(rows):
                number, line = next(lines, (number + 1, None))
                weights.append(_weights(line, columns, f"{path}:{number}"))
            weights_TS = np.array(weights, np.float32).reshape(len(weights), max(columns, 0))
            number, line = next(lines, (number + 1, "nothing"))
            if line:
                raise DataError(f"{path}:{number}: an empty line must follow the {rows} lines of weights")
            yield NematusSentence(*found, weights_TS)


def _weights(line: str | None, columns: int, place: str) -> list[float]:
    if line is None:
        raise DataError(f"{place}: the file ends within a sentence")
    try:
        weights = [float(weight) for weight in line.split()]
    except ValueError:
        raise DataError(f"{place}: not numbers separated by spaces") from None
    if len(weights) != columns:
        raise DataError(f"{place}: {len(weights)} weights, but the sentence has {columns} columns")
    return weights
