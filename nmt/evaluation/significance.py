"""How far a score could be chance: intervals and tests by resampling the sentences of the test set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

from nmt.evaluation.config import BleuTokenizer
from nmt.evaluation.scores import MetricName, check_counts, make_metric

RESAMPLES = 1000
MOST_SENTENCES = 10_000
"""Larger sets are not resampled: it would take gigabytes, and their scores hardly vary."""


class Estimate(NamedTuple):
    """A score of one system and what resampling says about it; None where nothing was resampled."""

    score: float
    """The score on the sentences as they are."""

    half_width: float | None
    """Half of the interval that holds the scores of 95 % of the resampled test sets."""

    p_value: float | None
    """How probable so large a difference from the first system is by chance; None for the first itself."""


class Bootstrap(NamedTuple):
    """The estimates of all systems, and the signature of the metric with the number and seed of the samples."""

    signature: str
    estimates: list[Estimate]


def paired_bootstrap(
    name: MetricName, systems: list[list[str]], references: list[str], tokenize: BleuTokenizer = "13a"
) -> Bootstrap:
    """Scores and intervals of all systems, each tested against the first.

    sacreBLEU's paired bootstrap resampling, after Koehn 2004: 1,000 test sets are drawn from the sentences with
    replacement, the same ones for every system. The two-sided p is the share of them whose difference exceeds the mean
    difference by more than the measured one, but 1 where the translations are the same (sacreBLEU: 0.001). The draws
    have a fixed seed, so the same texts give the same numbers.
    Errors: as `bleu`.
    """
    from sacrebleu.significance import PairedTest, Result

    for hypotheses in systems:
        check_counts(hypotheses, references)
    metric = make_metric(name, tokenize)
    if len(references) > MOST_SENTENCES:
        scores = [metric.corpus_score(hypotheses, [references]).score for hypotheses in systems]
        return Bootstrap(str(metric.get_signature()), [Estimate(score, None, None) for score in scores])
    named: list[tuple[str, Sequence[str]]] = [(str(number), hypotheses) for number, hypotheses in enumerate(systems)]
    signatures, columns = PairedTest(named, {name: metric}, [references], test_type="bs", n_samples=RESAMPLES)()
    ((title, signature),) = signatures.items()
    results = cast("list[Result]", columns[title])
    estimates = [Estimate(float(result.score), float(result.ci or 0), result.p_value) for result in results]
    for number in range(1, len(systems)):
        if systems[number] == systems[0]:
            estimates[number] = estimates[number]._replace(p_value=1.0)
    return Bootstrap(str(signature), estimates)
