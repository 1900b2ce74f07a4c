"""A test set that no config names: files that a run translates and is scored on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nmt.alignment.gold import GoldFile
from nmt.data.pairs import read_pairs
from nmt.errors import UserError
from nmt.evaluation.config import EvaluationConfig
from nmt.pipeline.evaluation import evaluate_pairs
from nmt.pipeline.given_files import read_translations
from nmt.pipeline.loading import load_translator
from nmt.pipeline.scoring import Baseline
from nmt.translator import Translator


def score_run(
    translator: Translator,
    sides: tuple[Path, Path],
    config: EvaluationConfig,
    tell: Callable[[str], None],
    gold: GoldFile | None = None,
    baseline: Path | None = None,
) -> dict[str, Any]:
    """What a test set of the config gets, for a source and its references. Nothing is stored.

    baseline: a run, which translates too, or a file of translations.
    Errors: DataError as `score_translations`; UserError for gold links and a model without attention; as
    `load_translator` for a run as the baseline.
    """
    if gold is not None and not translator.has_attention:
        raise UserError("--gold-align: this model has no attention, so it has no alignments; leave it out")
    source, ref = sides
    pairs = read_pairs(source, ref)
    other = None
    if baseline is not None and baseline.is_dir():
        theirs, _ = load_translator(baseline, warn=tell)
        other = Baseline(str(baseline), [found[0].text for found in theirs.translate(line for line, _ in pairs)])
    elif baseline is not None:
        other = Baseline(str(baseline), read_translations(baseline, ref)[0])
    tell(f"translating {source}: {len(pairs)} sentences, beam {translator.search.beam_size}")
    return evaluate_pairs(translator, pairs, config, gold, other).scores
