"""Links of a whole text by EM: model 1 first, then the HMM, in both directions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from nmt.aligner.bitext import Bitext, Words, read_bitext
from nmt.aligner.combination import Combination, combine
from nmt.aligner.em import Direction, iterate, posteriors
from nmt.aligner.hmm import JumpPositions
from nmt.aligner.ibm1 import IndependentPositions
from nmt.aligner.punctuation import apart_P
from nmt.alignment.links import Links

Method = Literal["ibm1", "hmm"]
Report = Callable[[str, int, tuple[float, float]], None]
"""Is told the model, the iteration from 1 and the log-likelihoods of both directions before it."""


@dataclass(frozen=True)
class AlignerSettings:
    """How to align. The defaults are what was best by the gold links of Hansards; see docs/alignments.md."""

    method: Method = "hmm"
    agree: bool = True
    """Both directions learn from the links that they agree on (Liang et al. 2006)."""
    alpha: float = 0.0
    """Dirichlet prior of the tables; 0: none. 0.01 helps where the directions do not have to agree."""
    punctuation_apart: bool = False
    """Marks are linked to marks, words to words."""
    tension: float = 0.0
    """How much model 1 favours the diagonal; fast_align begins with 4."""
    null_probability: float = 0.2
    """p_0 of the HMM."""
    ibm1_iterations: int = 5
    hmm_iterations: int = 6
    links: Literal["agreement"] | Combination = "agreement"
    """`agreement`: where the geometric mean of both posteriors is at least `threshold`. Others: each generated word is
    linked to its most probable word, if that is not NULL, and the two directions are combined."""
    threshold: float = 0.4


def align(
    pairs: Sequence[tuple[Words, Words]], settings: AlignerSettings | None = None, report: Report | None = None
) -> list[Links]:
    """The links of each tokenised sentence pair, learned from these pairs alone; none where a side is empty."""
    chosen = settings or AlignerSettings()
    bitext = read_bitext(pairs)
    directions = train(bitext, chosen, report or (lambda model, iteration, likelihoods: None))
    links: list[Links] = [[] for _ in range(bitext.size)]
    for number, found in _links(bitext, directions, chosen):
        links[number] = found
    return links


def train(bitext: Bitext, settings: AlignerSettings, report: Report) -> tuple[Direction, Direction]:
    """Source to target, and target to source, trained together."""
    allowed_P = apart_P(bitext) if settings.punctuation_apart else None
    forward, reverse = (
        Direction(bitext, IndependentPositions(settings.tension), settings.alpha, reverse, allowed_P)
        for reverse in (False, True)
    )
    agree_early = settings.agree and settings.method == "ibm1"
    for iteration in range(1, settings.ibm1_iterations + 1):
        report("ibm1", iteration, iterate(bitext, (forward, reverse), agree_early and iteration > 1))
    if settings.method == "hmm":
        forward.positions = JumpPositions(settings.null_probability)
        reverse.positions = JumpPositions(settings.null_probability)
        for iteration in range(1, settings.hmm_iterations + 1):
            report("hmm", iteration, iterate(bitext, (forward, reverse), settings.agree and iteration > 1))
    return forward, reverse


def _links(
    bitext: Bitext, directions: tuple[Direction, Direction], settings: AlignerSettings
) -> Iterator[tuple[int, Links]]:
    for batch, forward_BTS, reverse_BTS in posteriors(bitext, directions):
        for place, number in enumerate(batch.ids):
            src_len, tgt_len = int(batch.src_len_B[place]), int(batch.tgt_len_B[place])
            forward_TS = forward_BTS[place, :tgt_len, : src_len + 1]
            reverse_TS = reverse_BTS[place, : tgt_len + 1, :src_len]
            yield number, _combined(forward_TS, reverse_TS, settings)


def _combined(forward_TS: Tensor, reverse_TS: Tensor, settings: AlignerSettings) -> Links:
    """Links of one pair from posteriors with NULL as column 0 of the first and row 0 of the second."""
    if settings.links == "agreement":
        both_TS = forward_TS[:, 1:] * reverse_TS[1:] >= settings.threshold**2
        return sorted((src, tgt) for tgt, src in both_TS.nonzero().tolist())
    forward = [(src - 1, tgt) for tgt, src in enumerate(forward_TS.argmax(1).tolist()) if src]
    reverse = [(src, tgt - 1) for src, tgt in enumerate(reverse_TS.argmax(0).tolist()) if tgt]
    return combine(forward, reverse, settings.links)
