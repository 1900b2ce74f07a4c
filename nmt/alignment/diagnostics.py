"""What the attention of one sentence pair says about its translation: how sure, how complete, how monotone.

Dimensions: S source tokens, T target tokens, both without EOS; N links.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from nmt.alignment.alignment import Alignment
from nmt.alignment.links import Links
from nmt.alignment.record import AlignmentRecord

LITTLE = 0.25
"""A source word that received less attention than this in all, and no link, is probably untranslated."""


@dataclass(frozen=True)
class Diagnostics:
    """Of one sentence pair; None where there is nothing to measure. Indices count from 0."""

    id: int
    src_length: int
    tgt_length: int
    score: float | None
    entropy: float | None
    """Nats, the mean over target tokens of the entropy of their row; 0 is one source token, log(S) all of them."""
    eos_mass: float | None
    """Mean over target tokens of the weight on the source EOS; None without an EOS column."""
    coverage: list[float]
    """Of each source token the sum of its column, 1 on average where the sides are as long (Tu et al. 2016)."""
    untranslated: list[int]
    """Source tokens with a letter or digit, no link and a coverage below LITTLE."""
    repeated: list[int]
    """Source tokens that two equal target tokens are linked to."""
    kendall_tau: float | None
    """Kendall's tau-b of the links: 1 is monotone, -1 reversed."""
    diagonal_distance: float | None
    """Mean over links of |i/S - j/T|, i and j counted from 1 (the feature h of Dyer et al. 2013)."""


def diagnose(record: AlignmentRecord) -> Diagnostics:
    """The diagnostics of one record. The row of the target EOS is left out: it stands for no word."""
    alignment = record.alignment
    sources, targets = len(alignment.src_tokens), len(alignment.tgt_tokens)
    rows_TS = alignment.weights_TS[:targets].astype(np.float64)
    coverage_S = rows_TS[:, :sources].sum(axis=0)
    return Diagnostics(
        id=record.id,
        src_length=sources,
        tgt_length=targets,
        score=alignment.score,
        entropy=row_entropy(rows_TS),
        eos_mass=float(rows_TS[:, sources].mean()) if alignment.eos and targets else None,
        coverage=[round(value, 6) for value in coverage_S.tolist()],
        untranslated=_untranslated(alignment, coverage_S, record.links),
        repeated=_repeated(alignment, record.links),
        kendall_tau=kendall_tau(record.links),
        diagonal_distance=diagonal_distance(record.links, sources, targets),
    )


def row_entropy(rows_TS: np.ndarray) -> float | None:
    """Mean of -sum_s w log w over the rows with any weight, each scaled to sum to 1; None when there is none."""
    mass_T1 = rows_TS.sum(axis=1, keepdims=True)
    used_TS = rows_TS[mass_T1[:, 0] > 0] / mass_T1[mass_T1[:, 0] > 0]
    if not used_TS.size:
        return None
    logs_TS = np.log(used_TS, out=np.zeros_like(used_TS), where=used_TS > 0)
    return abs(float(-(used_TS * logs_TS).sum() / len(used_TS)))


def kendall_tau(links: Links) -> float | None:
    """Kendall's tau-b (1945): (C - D) / sqrt((n0 - n1)(n0 - n2)) over all n0 pairs of links.

    C pairs stand in the same order on both sides, D in opposite order; n1 and n2 are tied in source and in target.
    None for fewer than two links, or where one side is tied throughout.
    """
    if len(links) < 2:
        return None
    src_N, tgt_N = np.array(sorted(set(links)), dtype=np.int64).T
    src_NN = np.sign(src_N[:, None] - src_N)
    tgt_NN = np.sign(tgt_N[:, None] - tgt_N)
    untied = math.sqrt(np.count_nonzero(src_NN) * np.count_nonzero(tgt_NN))
    return float((src_NN * tgt_NN).sum() / untied) if untied else None


def diagonal_distance(links: Links, sources: int, targets: int) -> float | None:
    """Mean over links of |i/S - j/T|; None without links."""
    if not links:
        return None
    return sum(abs((src + 1) / sources - (tgt + 1) / targets) for src, tgt in links) / len(links)


def _untranslated(alignment: Alignment, coverage_S: np.ndarray, links: Links) -> list[int]:
    linked = {src for src, _ in links}
    return [
        src
        for src, token in enumerate(alignment.src_tokens)
        if src not in linked and coverage_S[src] < LITTLE and any(character.isalnum() for character in token)
    ]


def _repeated(alignment: Alignment, links: Links) -> list[int]:
    seen: set[tuple[int, str]] = set()
    repeated: set[int] = set()
    for src, tgt in links:
        linked = (src, alignment.tgt_tokens[tgt])
        if linked in seen:
            repeated.add(src)
        seen.add(linked)
    return sorted(repeated)
