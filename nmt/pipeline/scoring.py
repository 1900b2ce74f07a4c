"""Every score of a set of translations, ready for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from nmt.alignment.aer import AlignmentScores
from nmt.evaluation.buckets import bleu_by_length, bleu_by_unknown, bleu_no_unk
from nmt.evaluation.config import EvaluationConfig
from nmt.evaluation.scores import METRICS, bleu, chrf, ter
from nmt.evaluation.significance import paired_bootstrap

if TYPE_CHECKING:
    from nmt.translator import Translator

SIGNATURES = {"bleu": "signature", "chrf": "chrf_signature", "ter": "ter_signature"}
"""Under which key the signature of a metric stands."""


class Texts(NamedTuple):
    """Translations and references, line by line, with what is known of the source."""

    hypotheses: list[str]
    references: list[str]
    sources: list[str] | None = None
    unknown: list[tuple[int, int]] | None = None
    """Unknown words of each source and of each reference."""


class Baseline(NamedTuple):
    """Translations of the same lines by another system."""

    name: str
    hypotheses: list[str]


def unknown_words(translator: Translator, pairs: list[tuple[str, str]]) -> list[tuple[int, int]]:
    """Words that the model does not know in each source and reference; with subwords there are hardly any."""
    return [(translator.src.unknown_words(src), translator.tgt.unknown_words(tgt)) for src, tgt in pairs]


def score_texts(texts: Texts, config: EvaluationConfig, baseline: Baseline | None = None) -> dict[str, Any]:
    """BLEU, chrF and TER with signatures and intervals, lengths, and BLEU of the parts that the texts tell apart."""
    hypotheses, references, tokenize = texts.hypotheses, texts.references, config.bleu_tokenize
    made = bleu(hypotheses, references, tokenize)
    found = {"bleu": made, "chrf": chrf(hypotheses, references), "ter": ter(hypotheses, references, tokenize)}
    scores: dict[str, Any] = {"sentences": len(references)}
    for name, score in found.items():
        scores |= {name: score.value, SIGNATURES[name]: score.signature}
    scores |= {
        "brevity_penalty": made.brevity_penalty,
        "length_ratio": made.hypothesis_length / made.reference_length if made.reference_length else None,
        "hypothesis_length": made.hypothesis_length,
        "reference_length": made.reference_length,
    }
    scores |= _resampled(texts, config, baseline)
    if texts.sources is not None:
        scores["bleu_by_length"] = bleu_by_length(texts.sources, hypotheses, references, tokenize)
    if texts.unknown is not None:
        source = [count for count, _ in texts.unknown]
        scores["unknown_words"] = {"source": sum(source), "reference": sum(count for _, count in texts.unknown)}
        scores["bleu_by_unknown"] = bleu_by_unknown(source, hypotheses, references, tokenize)
        scores["no_unk"] = bleu_no_unk(texts.unknown, hypotheses, references, tokenize)
    return scores


def _resampled(texts: Texts, config: EvaluationConfig, baseline: Baseline | None) -> dict[str, Any]:
    """`confidence`, and `baseline` where there is one: of each metric the baseline's score, the difference and p."""
    systems = [*([baseline.hypotheses] if baseline else []), texts.hypotheses]
    confidence: dict[str, Any] = {}
    against: dict[str, Any] = {"run": baseline.name} if baseline else {}
    for name in METRICS:
        signature, estimates = paired_bootstrap(name, systems, texts.references, config.bleu_tokenize)
        first, mine = estimates[0], estimates[-1]
        confidence[name] = {"half_width": mine.half_width, "signature": signature}
        if baseline:
            difference = mine.score - first.score
            against[name] = {"score": first.score, "difference": difference, "p_value": mine.p_value}
    return {"confidence": confidence, **({"baseline": against} if baseline else {})}


def as_scores(alignment: AlignmentScores) -> dict[str, Any]:
    """The values for JSON, as shares between 0 and 1."""
    return {
        "aer": alignment.aer,
        "alignment_precision": alignment.precision,
        "alignment_recall": alignment.recall,
        "alignment_f1": alignment.f1,
    }
