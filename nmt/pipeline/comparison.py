"""Several runs beside each other on the test sets that they share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from nmt.errors import UserError
from nmt.evaluation.buckets import bleu_by_length
from nmt.evaluation.significance import MOST_SENTENCES, Estimate, paired_bootstrap
from nmt.evaluation.spread import spread
from nmt.pipeline.describe import read_scores
from nmt.pipeline.differences import difference_notes
from nmt.pipeline.run_folder import RunFolder
from nmt.pipeline.seeds import seed_runs
from nmt.pipeline.stored_set import StoredSet, stored_set
from nmt.pipeline.training_facts import TrainingFacts, training_facts


@dataclass(frozen=True)
class Compared:
    """One row: a run, or the mean of runs that differ in their seed. None where there is nothing to say."""

    name: str
    """The last part of its path, or all of it where that is not unique."""

    runs: list[str]
    parameters: int | None
    minutes: float
    tokens_per_s: float | None
    perplexity: float | None
    """Of a target piece of the validation set, at the best checkpoint."""

    test_perplexity: float | None
    """Of a target piece of the test set."""

    bleu: float
    bleu_half_width: float | None
    """Half of the 95 % interval by resampling the sentences."""

    bleu_deviation: float | None
    """Standard deviation between the seeds."""

    aer: float | None
    difference: float | None
    """BLEU more than the first row."""

    p_value: float | None
    """Of that difference, by paired bootstrap; only between two single runs."""

    bleu_by_length: list[dict[str, Any]]


@dataclass(frozen=True)
class ComparedSet:
    """One test set."""

    name: str
    sentences: int
    signature: str
    rows: list[Compared]
    notes: list[str]
    """What keeps numbers from being comparable."""


@dataclass(frozen=True)
class _Entry:
    """What the user named: a run, or a folder with a run for each seed."""

    path: Path
    runs: list[Path]
    facts: list[TrainingFacts]


def compare_runs(paths: Sequence[Path], set_name: str | None, tell: Callable[[str], None]) -> list[ComparedSet]:
    """Compares on `set_name`, or on every test set that all runs have; translates only where no translations lie.

    Errors: UserError if a set is missing, or the references or BLEU's tokenizer are not the same; CheckpointError for
    what is no finished run.
    """
    entries = [_entry(path) for path in paths]
    runs = [run for entry in entries for run in entry.runs]
    sets = {run: list(RunFolder(run).experiment().data.test) for run in runs}
    shared = [name for name in sets[runs[0]] if all(name in names for names in sets.values())]
    if not shared and set_name is None:
        raise UserError(f"{', '.join(map(str, paths))}: no test set in common")
    return [_compare_on(name, entries, tell) for name in ([set_name] if set_name else shared)]


def _entry(path: Path) -> _Entry:
    members = [] if RunFolder(path).config.is_file() else seed_runs(path)
    runs = members or [path]
    configs = [RunFolder(run).experiment().model_copy(update={"seed": 0}) for run in runs]
    for run, config in zip(runs, configs, strict=True):
        if config != configs[0]:
            raise UserError(f"{run} and {runs[0]} differ in more than the seed; name the runs one by one")
    return _Entry(path, runs, [training_facts(run) for run in runs])


def _compare_on(name: str, entries: list[_Entry], tell: Callable[[str], None]) -> ComparedSet:
    stored = [[stored_set(run, name, tell) for run in entry.runs] for entry in entries]
    systems = [one for members in stored for one in members]
    first = systems[0]
    for other in systems[1:]:
        first.require_comparable(other)
    tokenize = first.config.bleu_tokenize
    signature, estimates = paired_bootstrap("bleu", [one.hypotheses for one in systems], first.references, tokenize)
    remaining = iter(estimates)
    of_entry = [[next(remaining) for _ in entry.runs] for entry in entries]
    rows: list[Compared] = []
    for row in zip(entries, stored, of_entry, _names(entries), strict=True):
        rows.append(_row(*row, base=rows[0] if rows else None))
    return ComparedSet(name, len(first.references), signature, rows, _notes(name, entries, len(first.references)))


def _row(
    entry: _Entry, stored: list[StoredSet], estimates: list[Estimate], name: str, base: Compared | None
) -> Compared:
    bleu = spread([estimate.score for estimate in estimates])
    single = base is not None and len(base.runs) == len(entry.runs) == 1
    scores = [read_scores(run).get(stored[0].name, {}) for run in entry.runs]
    return Compared(
        name=name,
        runs=[str(run) for run in entry.runs],
        parameters=entry.facts[0].parameters,
        minutes=fmean(facts.minutes for facts in entry.facts),
        tokens_per_s=_mean([facts.tokens_per_s for facts in entry.facts]),
        perplexity=_mean([facts.perplexity for facts in entry.facts]),
        test_perplexity=_mean([values.get("perplexity") for values in scores]),
        bleu=bleu.mean,
        bleu_half_width=_mean([estimate.half_width for estimate in estimates]),
        bleu_deviation=bleu.deviation,
        aer=_mean([values.get("aer") for values in scores]),
        difference=None if base is None else bleu.mean - base.bleu,
        p_value=estimates[0].p_value if single else None,
        bleu_by_length=_mean_by_length(stored),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    """None if one is unknown."""
    known = [value for value in values if value is not None]
    return fmean(known) if len(known) == len(values) else None


def _mean_by_length(stored: list[StoredSet]) -> list[dict[str, Any]]:
    tables = [bleu_by_length(one.sources, one.hypotheses, one.references, one.config.bleu_tokenize) for one in stored]
    return [{**rows[0], "bleu": fmean(row["bleu"] for row in rows)} for rows in zip(*tables, strict=True)]


def _names(entries: list[_Entry]) -> list[str]:
    short = [entry.path.name for entry in entries]
    return [name if name and short.count(name) == 1 else str(e.path) for name, e in zip(short, entries, strict=True)]


def _notes(name: str, entries: list[_Entry], sentences: int) -> list[str]:
    notes = []
    if sentences > MOST_SENTENCES:
        notes.append(f"A set of more than {MOST_SENTENCES:,} sentences is not resampled: no intervals, no p.")
    if len({facts.vocabulary for entry in entries for facts in entry.facts}) > 1:
        notes.append("The vocabularies differ, so the perplexities count different pieces and do not compare.")
    notes += difference_notes(name, [run for entry in entries for run in entry.runs])
    if any(len(entry.runs) > 1 for entry in entries):
        notes.append(
            "Rows of several seeds are means with the standard deviation between the seeds; "
            "a difference is tested only between single runs."
        )
    return notes
