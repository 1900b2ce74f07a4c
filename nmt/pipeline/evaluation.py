"""Scores of a run on a test set: BLEU and chrF of its translations, AER of its attention where gold links exist."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from nmt.alignment.aer import AlignmentScores, score_alignments
from nmt.alignment.gold import read_gold
from nmt.evaluation.config import EvaluationConfig
from nmt.evaluation.lengths import bleu_by_length
from nmt.evaluation.scores import bleu, chrf
from nmt.pipeline.records import alignment_record
from nmt.training.durable import replace_file
from nmt.translator import Translation, Translator

Pairs = list[tuple[str, str]]


class SetResult(NamedTuple):
    """Translations of a set (the best of each line) and its scores, ready for JSON."""

    translations: list[Translation]
    scores: dict[str, Any]


def evaluate_pairs(translator: Translator, pairs: Pairs, config: EvaluationConfig, gold: Path | None) -> SetResult:
    """Translates the source side, scores against the target side, and aligns the pairs by force for AER.

    Errors: DataError if the gold links do not fit; UserError for gold links and a model without attention.
    """
    sources, references = [src for src, _ in pairs], [tgt for _, tgt in pairs]
    translations = [found[0] for found in translator.translate(sources)]
    hypotheses = [translation.text for translation in translations]
    scores = score_texts(sources, hypotheses, references, config)
    if gold is not None:
        scores.update(as_scores(forced_aer(translator, pairs, gold)))
    return SetResult(translations, scores)


def score_texts(
    sources: list[str] | None, hypotheses: list[str], references: list[str], config: EvaluationConfig
) -> dict[str, Any]:
    """BLEU and chrF with signatures; with sources, BLEU by source length too."""
    bleu_score, chrf_score = bleu(hypotheses, references, config.bleu_tokenize), chrf(hypotheses, references)
    scores: dict[str, Any] = {
        "sentences": len(references),
        "bleu": bleu_score.value,
        "signature": bleu_score.signature,
        "chrf": chrf_score.value,
        "chrf_signature": chrf_score.signature,
    }
    if sources is not None:
        scores["bleu_by_length"] = bleu_by_length(sources, hypotheses, references, config.bleu_tokenize)
    return scores


def forced_aer(translator: Translator, pairs: Iterable[tuple[str, str]], gold: Path) -> AlignmentScores:
    """AER of the argmax links between words, forced on the given pairs."""
    records = (alignment_record(number, aligned, "word") for number, aligned in enumerate(translator.align(pairs)))
    return score_alignments((record.links for record in records), read_gold(gold))


def as_scores(alignment: AlignmentScores) -> dict[str, Any]:
    """The values for JSON, as shares between 0 and 1."""
    return {
        "aer": alignment.aer,
        "alignment_precision": alignment.precision,
        "alignment_recall": alignment.recall,
        "alignment_f1": alignment.f1,
    }


def write_evaluation(run: Path, name: str, result: SetResult) -> None:
    """Writes `eval/NAME.hyp` and `eval/NAME.scores.json` into the run folder."""
    folder = run / "eval"
    folder.mkdir(exist_ok=True)
    hypotheses = "".join(f"{translation.text}\n" for translation in result.translations)
    replace_file(folder / f"{name}.hyp", hypotheses.encode("utf-8", "replace"))
    replace_file(folder / f"{name}.scores.json", (json.dumps(result.scores, indent=1) + "\n").encode())
