"""Translations in a file, scored against references in another. Nothing heavy is imported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nmt.data.pairs import read_pairs
from nmt.evaluation.config import BleuTokenizer, EvaluationConfig
from nmt.pipeline.scoring import Baseline, Texts, score_texts


def score_translations(
    hypotheses: Path, ref: Path, tokenize: BleuTokenizer, source: Path | None = None, baseline: Path | None = None
) -> dict[str, Any]:
    """Scores of a file of translations, with those by source length where the sources are given.

    Errors: DataError if a file cannot be read or has not as many lines as the references.
    """
    made, references = read_translations(hypotheses, ref)
    sources = None if source is None else [line for line, _ in read_pairs(source, ref)]
    other = None if baseline is None else Baseline(str(baseline), read_translations(baseline, ref)[0])
    return score_texts(Texts(made, references, sources), EvaluationConfig(bleu_tokenize=tokenize), other)


def read_translations(hypotheses: Path, ref: Path) -> tuple[list[str], list[str]]:
    """Translations and their references. Errors: DataError if the files have not the same number of lines."""
    pairs = read_pairs(hypotheses, ref, sides=("translations", "references"))
    return [hyp for hyp, _ in pairs], [reference for _, reference in pairs]
