"""RecordFields: an `AlignmentRecord` as JSON, in one line of printable text."""

from __future__ import annotations

import re

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from nmt.alignment.alignment import Alignment, Unit
from nmt.alignment.record import AlignmentRecord
from nmt.alignment.spans import Span, token_spans

BREAKING = re.compile("[\x7f-\x9f\u2028\u2029]")
"""What JSON allows bare inside a string and some readers take for the end of a line, or a terminal for an order."""


class RecordFields(BaseModel):
    """The keys of one JSON object, in their order."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

    id: int
    rank: int = 1
    src: str
    tgt: str
    src_tokens: list[str]
    tgt_tokens: list[str]
    src_spans: list[Span | None] | None = None
    """Where each token stands in `src` (`nmt/alignment/spans.py`); follows from `src` and `src_tokens`."""
    tgt_spans: list[Span | None] | None = None
    unit: Unit
    eos: bool
    attention: list[list[float]] | None = None
    """Rows are target; None where the weights stand elsewhere."""
    links: list[tuple[int, int]]
    score: float | None

    @classmethod
    def of(cls, record: AlignmentRecord) -> RecordFields:
        """The fields of a record without its weights."""
        alignment = record.alignment
        return cls(
            id=record.id,
            rank=record.rank,
            src=record.src,
            tgt=record.tgt,
            src_tokens=alignment.src_tokens,
            tgt_tokens=alignment.tgt_tokens,
            src_spans=token_spans(record.src, alignment.src_tokens),
            tgt_spans=token_spans(record.tgt, alignment.tgt_tokens),
            unit=alignment.unit,
            eos=alignment.eos,
            links=sorted(record.links),
            score=alignment.score,
        )

    def to_json(self) -> str:
        """One line; `attention` only where it is set."""
        line = self.model_dump_json(exclude={"attention"} if self.attention is None else None)
        return BREAKING.sub(lambda match: f"\\u{ord(match.group()):04x}", line)

    def record(self, weights_TS: np.ndarray) -> AlignmentRecord:
        """The record with these weights. Raises ValueError when they do not fit the tokens."""
        alignment = Alignment(
            self.src_tokens, self.tgt_tokens, weights_TS, unit=self.unit, eos=self.eos, score=self.score
        )
        return AlignmentRecord(self.id, self.src, self.tgt, alignment, self.links, self.rank)


def record_line(record: AlignmentRecord) -> str:
    """A record as one line of JSON, its weights rounded to 6 decimals."""
    attention = np.round(record.alignment.weights_TS.astype(np.float64), 6).tolist()
    return RecordFields.of(record).model_copy(update={"attention": attention}).to_json()


def parse_record(line: str) -> AlignmentRecord:
    """The record of such a line. Raises ValueError for what is none; see `first_problem`."""
    fields = RecordFields.model_validate_json(line)
    rows = fields.attention or []
    columns = len(rows[0]) if rows else len(fields.src_tokens) + fields.eos
    return fields.record(np.array(rows, dtype=np.float32).reshape(len(rows), columns))


def first_problem(error: Exception) -> str:
    """One line on what is wrong with an object that did not become `RecordFields` or a record."""
    if not isinstance(error, ValidationError):
        return str(error)
    problem = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place}: {problem['msg']}" if place else problem["msg"]
