"""How much is searched at once, so that memory has a bound."""

from __future__ import annotations

from nmt.search.config import SearchConfig

BATCH_PIECES = 16_384
"""Pieces of the source, or of a given target, of the sentences of a batch, with padding."""

BATCH_HYPOTHESES = 2048
"""Hypotheses of the sentences of a batch."""


def most_sentences(search: SearchConfig, hypotheses: int) -> int:
    """Sentences of a batch, where each has this number of hypotheses; one at least."""
    return max(1, min(search.batch_sentences, BATCH_HYPOTHESES // hypotheses))
