"""Scores of a run on a test set: those of its translations and of the references, and AER where gold links exist."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from nmt.alignment.aer import score_alignments
from nmt.alignment.gold import GoldFile
from nmt.config.experiment import Experiment
from nmt.data.config import TestFiles
from nmt.evaluation.config import EvaluationConfig
from nmt.pipeline.origin import origin_of, write_origin
from nmt.pipeline.records import alignment_record
from nmt.pipeline.scoring import Baseline, Texts, as_scores, score_texts, unknown_words
from nmt.text.tokenizers.tokenizer import Tokenizer
from nmt.training.durable import replace_file
from nmt.translator import Translation, Translator

Pairs = list[tuple[str, str]]

LARGEST_LOSS = 700
"""In nats; exp of more is no number."""


class SetResult(NamedTuple):
    """Translations of a set (the best of each line) and its scores, ready for JSON."""

    translations: list[Translation]
    scores: dict[str, Any]


def evaluate_pairs(
    translator: Translator,
    pairs: Pairs,
    config: EvaluationConfig,
    gold: GoldFile | None,
    baseline: Baseline | None = None,
) -> SetResult:
    """Translates the source side, scores against the target side, and decodes the pairs by force for their perplexity
    and for AER, which a model without attention has not.

    Errors: as `check_gold`.
    """
    if not translator.has_attention:
        gold = None
    if gold is not None:
        check_gold(gold, pairs, (translator.src, translator.tgt))
    sources, references = [src for src, _ in pairs], [tgt for _, tgt in pairs]
    translations = [found[0] for found in translator.translate(sources)]
    hypotheses = [translation.text for translation in translations]
    texts = Texts(hypotheses, references, sources, unknown_words(translator, pairs))
    scores = {"beam_size": translator.search.beam_size, **score_texts(texts, config, baseline)}
    return SetResult(translations, scores | forced_scores(translator, pairs, gold))


def evaluate_sets(
    translator: Translator,
    experiment: Experiment,
    run: Path | None,
    sets: dict[str, Pairs],
    tell: Callable[[str], None],
    baselines: Mapping[str, Baseline] | None = None,
) -> dict[str, tuple[Pairs, SetResult]]:
    """Scores test sets of the config by name and writes their translations, scores and origin into the run folder, if
    any."""
    results: dict[str, tuple[Pairs, SetResult]] = {}
    for name, pairs in sets.items():
        tell(f"translating test set {name}: {len(pairs)} sentences, beam {translator.search.beam_size}")
        gold = gold_of(experiment.data.test[name])
        result = evaluate_pairs(translator, pairs, experiment.evaluation, gold, (baselines or {}).get(name))
        if run is not None:
            write_evaluation(run, name, result)
            write_origin(run, name, origin_of(run, translator.search, [src for src, _ in pairs]))
        results[name] = pairs, result
    return results


def forced_scores(translator: Translator, pairs: Pairs, gold: GoldFile | None) -> dict[str, Any]:
    """`perplexity` of the given pairs and `target_pieces`, how many it is the mean of; with gold links also AER of the
    argmax links between words.

    The perplexity is exp of the mean negative natural log-probability of a target piece, EOS and unknown words counted,
    over the pairs that have text on both sides, as in validation; None without any.
    """
    logprob, pieces, links = 0.0, 0, []
    for number, forced in enumerate(translator.force(pairs)):
        if forced.src.ids and forced.tgt.ids:
            logprob += forced.logprob
            pieces += len(forced.tgt.ids) + 1
        if gold is not None:
            links.append(alignment_record(number, forced, "word").links)
    scores: dict[str, Any] = {
        "perplexity": math.exp(min(-logprob / pieces, LARGEST_LOSS)) if pieces else None,
        "target_pieces": pieces,
    }
    if gold is None:
        return scores
    return scores | as_scores(score_alignments(links, [gold[number] for number in range(len(pairs))]))


def gold_of(files: TestFiles) -> GoldFile | None:
    """The gold links of a test set of the config, if it has any. Errors: DataError as `GoldFile`."""
    return GoldFile(files.align, files.align_base, "align_base") if files.align else None


def check_gold(gold: GoldFile, pairs: Pairs, tokenizers: tuple[Tokenizer, Tokenizer]) -> None:
    """Errors: DataError unless there are gold links of each pair, between the words that the tokenizers count."""
    gold.require_sentences(len(pairs), "sentence pairs")
    for number, pair in enumerate(pairs):
        sources, targets = (len(side.encode(text).words) for side, text in zip(tokenizers, pair, strict=True))
        gold.within(number, sources, targets)


def write_evaluation(run: Path, name: str, result: SetResult) -> None:
    """Writes `eval/NAME.hyp` and `eval/NAME.scores.json` into the run folder."""
    folder = run / "eval"
    folder.mkdir(exist_ok=True)
    hypotheses = "".join(f"{translation.text}\n" for translation in result.translations)
    replace_file(folder / f"{name}.hyp", hypotheses.encode("utf-8", "replace"))
    replace_file(folder / f"{name}.scores.json", (json.dumps(result.scores, indent=1) + "\n").encode())
