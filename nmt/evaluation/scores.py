"""BLEU and chrF through sacreBLEU."""

from __future__ import annotations

from typing import NamedTuple

from nmt.errors import DataError
from nmt.evaluation.config import BleuTokenizer


class Score(NamedTuple):
    """A number between 0 and 100 and the signature of how it was made."""

    value: float
    signature: str


def bleu(hypotheses: list[str], references: list[str], tokenize: BleuTokenizer = "13a") -> Score:
    """Corpus BLEU (Papineni et al. 2002) of one reference a sentence, cased.

    Errors: DataError if there are no sentences or not as many references as hypotheses.
    """
    from sacrebleu.metrics.bleu import BLEU

    _check(hypotheses, references)
    metric = BLEU(tokenize=tokenize, force=True)
    return Score(metric.corpus_score(hypotheses, [references]).score, str(metric.get_signature()))


def chrf(hypotheses: list[str], references: list[str]) -> Score:
    """Corpus chrF2 (Popović 2015). Errors: as `bleu`."""
    from sacrebleu.metrics.chrf import CHRF

    _check(hypotheses, references)
    metric = CHRF()
    return Score(metric.corpus_score(hypotheses, [references]).score, str(metric.get_signature()))


def _check(hypotheses: list[str], references: list[str]) -> None:
    if len(hypotheses) != len(references):
        raise DataError(f"{len(hypotheses)} translations for {len(references)} references")
    if not references:
        raise DataError("nothing to score: no sentences")
