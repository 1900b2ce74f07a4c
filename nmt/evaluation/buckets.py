"""BLEU of parts of a test set: by source length, by unknown words, and where no word is unknown."""

from __future__ import annotations

from typing import Any

from nmt.evaluation.config import BleuTokenizer
from nmt.evaluation.scores import bleu

WIDTH = 5
MANY = 4
"""Sentences with this many unknown words or more are one bucket."""

Row = dict[str, Any]


def bleu_by_length(
    sources: list[str], hypotheses: list[str], references: list[str], tokenize: BleuTokenizer
) -> list[Row]:
    """`from`, `to`, `sentences`, `bleu` of each range of source lengths (1-5, 6-10, ... whitespace tokens) there is.

    The curve of Bahdanau et al. 2014, figure 2, and Luong et al. 2015, figure 6.
    """
    buckets = [(max(len(source.split()), 1) - 1) // WIDTH for source in sources]
    return [
        {"from": bucket * WIDTH + 1, "to": (bucket + 1) * WIDTH, **row}
        for bucket, row in _rows(buckets, hypotheses, references, tokenize)
    ]


def bleu_by_unknown(
    unknown: list[int], hypotheses: list[str], references: list[str], tokenize: BleuTokenizer
) -> list[Row]:
    """The same for the number of unknown source words in each sentence: 0, 1, 2, 3, and 4 or more (`to` is None)."""
    buckets = [min(count, MANY) for count in unknown]
    return [
        {"from": bucket, "to": bucket if bucket < MANY else None, **row}
        for bucket, row in _rows(buckets, hypotheses, references, tokenize)
    ]


def bleu_no_unk(
    unknown: list[tuple[int, int]], hypotheses: list[str], references: list[str], tokenize: BleuTokenizer
) -> Row:
    """`sentences` and `bleu` of those without an unknown word in source and reference; BLEU is None if there are none.

    The column "No UNK" of Bahdanau et al. 2014, table 1, but for one thing: there the model was kept from writing UNK
    in these sentences, here its translations are taken as they are.
    """
    buckets = [int(counts != (0, 0)) for counts in unknown]
    return dict(_rows(buckets, hypotheses, references, tokenize)).get(0, {"sentences": 0, "bleu": None})


def span(row: Row) -> str:
    """The range of a row as text: `6-10`, `2`, or `4+`."""
    if row["to"] is None:
        return f"{row['from']}+"
    return str(row["from"]) if row["from"] == row["to"] else f"{row['from']}-{row['to']}"


def _rows(
    buckets: list[int], hypotheses: list[str], references: list[str], tokenize: BleuTokenizer
) -> list[tuple[int, Row]]:
    """The number of sentences and BLEU of each bucket, the lowest bucket first."""
    members: dict[int, list[int]] = {}
    for index, bucket in enumerate(buckets):
        members.setdefault(bucket, []).append(index)
    rows = []
    for bucket, chosen in sorted(members.items()):
        score = bleu([hypotheses[i] for i in chosen], [references[i] for i in chosen], tokenize)
        rows.append((bucket, {"sentences": len(chosen), "bleu": score.value}))
    return rows
