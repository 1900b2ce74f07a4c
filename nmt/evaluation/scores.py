"""BLEU, chrF and TER through sacreBLEU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from nmt.errors import DataError
from nmt.evaluation.config import BleuTokenizer

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric

MetricName = Literal["bleu", "chrf", "ter"]
METRICS: dict[MetricName, str] = {"bleu": "BLEU", "chrf": "chrF", "ter": "TER"}
"""Every metric and how it is written. Of TER, the lowest is the best."""


class Score(NamedTuple):
    """A score as a percentage and the signature of how it was made."""

    value: float
    signature: str


class BleuScore(NamedTuple):
    """BLEU with its brevity penalty exp(min(0, 1 - reference_length / hypothesis_length)), lengths in tokens."""

    value: float
    signature: str
    brevity_penalty: float
    hypothesis_length: int
    reference_length: int


def bleu(hypotheses: list[str], references: list[str], tokenize: BleuTokenizer = "13a") -> BleuScore:
    """Corpus BLEU (Papineni et al. 2002) of one reference a sentence, cased.

    Errors: DataError if there are no sentences or not as many references as hypotheses.
    """
    check_counts(hypotheses, references)
    metric = make_metric("bleu", tokenize)
    score = metric.corpus_score(hypotheses, [references])
    _forget_lines(vars(metric)["tokenizer"])
    return BleuScore(score.score, str(metric.get_signature()), score.bp, score.sys_len, score.ref_len)


def chrf(hypotheses: list[str], references: list[str]) -> Score:
    """Corpus chrF2 (Popović 2015). Errors: as `bleu`."""
    return _score(make_metric("chrf"), hypotheses, references)


def ter(hypotheses: list[str], references: list[str], tokenize: BleuTokenizer = "13a") -> Score:
    """Corpus TER (Snover et al. 2006): edits and shifts a reference word, without case; above 100 for long nonsense.

    Punctuation is parted from words first (`norm:yes`), and Chinese characters (`asian:yes`) where BLEU's tokenizer
    does so, but not in text that is tokenised already. Errors: as `bleu`.
    """
    return _score(make_metric("ter", tokenize), hypotheses, references)


def make_metric(name: MetricName, tokenize: BleuTokenizer = "13a") -> Metric:
    """sacreBLEU's metric; `tokenize` says for BLEU and TER what the text needs first."""
    if name == "bleu":
        from sacrebleu.metrics.bleu import BLEU

        return BLEU(tokenize=tokenize, force=True)
    if name == "chrf":
        from sacrebleu.metrics.chrf import CHRF

        return CHRF()
    from sacrebleu.metrics.ter import TER

    return TER(normalized=tokenize != "none", asian_support=tokenize in ("zh", "char"))


def _forget_lines(tokenizer: object) -> None:
    """sacreBLEU's tokenizers keep their last 65,536 lines, which a training with many validations would pile up."""
    for part in (tokenizer, *vars(tokenizer).values()):
        clear = getattr(vars(type(part)).get("__call__"), "cache_clear", None)
        if clear:
            clear()


def check_counts(hypotheses: list[str], references: list[str]) -> None:
    """Errors: DataError if there are no sentences or not as many references as hypotheses."""
    if len(hypotheses) != len(references):
        raise DataError(f"{len(hypotheses)} translations for {len(references)} references")
    if not references:
        raise DataError("nothing to score: no sentences")


def _score(metric: Metric, hypotheses: list[str], references: list[str]) -> Score:
    check_counts(hypotheses, references)
    return Score(metric.corpus_score(hypotheses, [references]).score, str(metric.get_signature()))
