"""How much is searched, or aligned, at once, so that memory has a bound."""

from __future__ import annotations

from typing import NamedTuple

import torch

from nmt.search.config import SearchConfig


class BatchLimits(NamedTuple):
    """Sentences of a batch, pieces of their sources or given targets with padding, and hypotheses of all of them."""

    sentences: int
    pieces: int
    hypotheses: int


ON_PROCESSOR = BatchLimits(256, 16_384, 2048)
ON_GPU = BatchLimits(1024, 65_536, 8192)
"""A GPU has more at once before a step takes longer: it takes what the launches of its operations do."""

BATCHES_READ = 8
"""As many lines are read at once, to be sorted by length, as are in so many batches on a processor."""


def limits_of(search: SearchConfig, device: torch.device) -> BatchLimits:
    """What the config asks for, or the default of the device, whatever the beam."""
    return _with_config(search, ON_GPU if device.type == "cuda" else ON_PROCESSOR)


def forced_limits(search: SearchConfig) -> BatchLimits:
    """Where targets are given, on any device: attention of all their words is computed at once."""
    return _with_config(search, ON_PROCESSOR)


def search_limits(search: SearchConfig, hypotheses: int, device: torch.device) -> BatchLimits:
    """Where each sentence has this number of hypotheses; one sentence at least."""
    limits = limits_of(search, device)
    return limits._replace(sentences=max(1, min(limits.sentences, limits.hypotheses // hypotheses)))


def _with_config(search: SearchConfig, limits: BatchLimits) -> BatchLimits:
    return limits._replace(sentences=search.batch_sentences or limits.sentences)


def block_lines(search: SearchConfig) -> int:
    """How many lines are read at once."""
    return BATCHES_READ * forced_limits(search).sentences
