"""BLEU by source length, the curve of Bahdanau et al. 2014, figure 2."""

from __future__ import annotations

from nmt.evaluation.config import BleuTokenizer
from nmt.evaluation.scores import bleu

WIDTH = 5


def bleu_by_length(
    sources: list[str], hypotheses: list[str], references: list[str], tokenize: BleuTokenizer
) -> list[dict[str, float]]:
    """`from`, `to`, `sentences`, `bleu` of each range of source lengths (1-5, 6-10, ... whitespace tokens) there is."""
    buckets: dict[int, list[int]] = {}
    for index, source in enumerate(sources):
        buckets.setdefault((max(len(source.split()), 1) - 1) // WIDTH, []).append(index)
    rows = []
    for bucket, members in sorted(buckets.items()):
        score = bleu([hypotheses[i] for i in members], [references[i] for i in members], tokenize)
        rows.append(
            {"from": bucket * WIDTH + 1, "to": (bucket + 1) * WIDTH, "sentences": len(members), "bleu": score.value}
        )
    return rows
