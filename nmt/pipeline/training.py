"""One training, from the config to the report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, cast

from nmt.alignment.links import Links
from nmt.config.experiment import Experiment
from nmt.data.epochs import Epochs, MappedEpochs
from nmt.data.guide import Guide
from nmt.data.mapped import MappedCorpus
from nmt.device import Compute
from nmt.errors import CONTINUES, ConfigError, Stopped
from nmt.models.seq2seq import Seq2Seq
from nmt.parallel.ranks import Ranks, join_ranks
from nmt.pipeline.evaluation import Pairs, SetResult, evaluate_sets
from nmt.pipeline.fingerprint import cutting_fingerprint, json_hash, vocabulary_fingerprints
from nmt.pipeline.guidance import make_guide, read_guide_links
from nmt.pipeline.loading import take_weights
from nmt.pipeline.preparation import (
    Prepared,
    build_model,
    prepare,
    set_up,
)
from nmt.pipeline.reporting import write_report
from nmt.pipeline.run_folder import RunFolder
from nmt.pipeline.validation import Validator
from nmt.search.batch_limits import limits_of
from nmt.text.tokenizers.pair import save_tokenizers
from nmt.training.checkpoint import require_checkpoints
from nmt.training.checkpoint_files import saved
from nmt.training.job import Job
from nmt.training.listener import Listener
from nmt.training.lock import RunLock
from nmt.training.objectives.objective import Objective
from nmt.training.outcome import Outcome
from nmt.training.saver import require_space
from nmt.training.signals import Signals
from nmt.training.tensorboard import summary_writer
from nmt.training.trainer import Trainer
from nmt.translator import Translator


class Trained(NamedTuple):
    """A finished training: the best model, the scores of each test set, and the page to look at."""

    translator: Translator
    outcome: Outcome
    results: dict[str, tuple[Pairs, SetResult]]
    report: Path


class Plan(NamedTuple):
    """A training that can start: all input is checked, nothing is written."""

    prepared: Prepared
    model: Seq2Seq
    compute: Compute
    parameters: int
    links: list[Links] | None
    """Links of the training lines from a file, to guide the attention."""


def plan(experiment: Experiment, run: RunFolder | None, overwrite: bool = False, trial: bool = False) -> Plan:
    """Reads and checks everything that training needs, whether in `run` or anywhere. With `trial` nothing stays that is
    written on the way.

    Errors: UserError if `run` was started with another config (and not `overwrite`), cannot be written or has no space;
    ConfigError, DataError.
    """
    continued = None
    if run is not None:
        run.check_free()
        if run.started and not overwrite:
            run.check_same(experiment)
            continued = run
    if experiment.train.tensorboard:
        summary_writer()
    compute = set_up(experiment)
    earlier = _earlier_run(experiment, continued)
    known = continued or earlier
    prepared = prepare(experiment, known.vocab if known else None, trial)
    model = build_model(experiment, prepared.tokenizers, compute.device)
    if earlier is not None:
        take_weights(model, prepared.tokenizers, (earlier.path, earlier.experiment()), without_head=True)
    _check_attention(experiment, model)
    _check_objective(experiment)
    if run is not None:
        require_space(run.path, experiment.train, model)
    links = read_guide_links(experiment, prepared.tokenizers)
    return Plan(prepared, model, compute, sum(parameter.numel() for parameter in model.parameters()), links)


def _earlier_run(experiment: Experiment, continued: RunFolder | None) -> RunFolder | None:
    """The run whose weights training begins with, by `train.init_from`; None where it has weights of its own.

    Errors: CheckpointError if there is no such run.
    """
    if experiment.train.init_from is None or (continued is not None and saved(continued.path)):
        return None
    require_checkpoints(Path(experiment.train.init_from))
    return RunFolder(Path(experiment.train.init_from))


def train_run(
    experiment: Experiment,
    run: RunFolder,
    ready: Plan,
    listener: Listener,
    overwrite: bool = False,
    allow_changed_data: bool = False,
) -> Trained | None:
    """Trains in `run`, or continues there, evaluates the test sets and writes the report.

    Started as one of several ranks it trains together with the others, and all but the first one then return None.
    Errors: as `Trainer.train`; CheckpointError if another process trains in `run`.
    """
    with join_ranks(ready.compute.device, f"seed-{experiment.seed}") as ranks:
        if not ranks.is_first:
            _train(experiment, run, ready, listener, ranks, allow_changed_data)
            return ranks.after_first(lambda: None)
        with locked_run(experiment, run, ready.prepared, listener, overwrite):
            outcome = _train(experiment, run, ready, listener, ranks, allow_changed_data)
            return ranks.after_first(lambda: _evaluated(experiment, run, ready, listener, outcome))


def _evaluated(experiment: Experiment, run: RunFolder, ready: Plan, listener: Listener, outcome: Outcome) -> Trained:
    """Scores the test sets and writes the report. The other ranks wait: their next training needs the first one."""
    parts = ready.prepared.tokenizers, experiment.search, ready.compute, listener.on_warning
    translator = Translator(ready.model, *parts)
    results = evaluate_sets(translator, experiment, run.path, ready.prepared.test_pairs, listener.on_message)
    return Trained(translator, outcome, results, write_report(run.path, experiment, results))


@contextmanager
def locked_run(
    experiment: Experiment, run: RunFolder, prepared: Prepared, listener: Listener, overwrite: bool
) -> Iterator[None]:
    """Holds the lock of the run; what describes it is written where none was begun, or anew with `overwrite`."""
    with RunLock(run.path) as lock:
        if overwrite and run.started:
            run.clear()
        elif lock.abandoned:
            listener.on_message("the process that trained here before was killed")
        if not run.started:
            save_tokenizers(run.vocab, *prepared.tokenizers)
            run.create(experiment, prepared.report)
        yield


def _train(
    experiment: Experiment, run: RunFolder, ready: Plan, listener: Listener, ranks: Ranks, allow_changed_data: bool
) -> Outcome:
    prepared = ready.prepared
    given = ready.links, run, listener.on_message, allow_changed_data
    guide = ranks.after_first(lambda: make_guide(experiment, prepared, *given))
    job = _job(experiment, ready, make_epochs(experiment, prepared, guide), ranks, allow_changed_data)
    with Signals() as signals:
        outcome = Trainer(run.path, ready.model, job, experiment.train, listener, signals).train()
    if signals.stop is not None:
        raise ranks.told(Stopped(f"trained, but not evaluated; {CONTINUES}", signals.stop))
    return outcome


def _job(
    experiment: Experiment, ready: Plan, data: Epochs | MappedEpochs, ranks: Ranks, allow_changed_data: bool
) -> Job:
    batching, search = experiment.data.batching, experiment.search
    key, size = (
        ("sentences", batching.sentences) if batching.max_tokens is None else ("max_tokens", batching.max_tokens)
    )
    beam = experiment.evaluation.valid_beam_size
    together = limits_of(search, ready.compute.device).sentences
    return Job(
        data,
        Validator(experiment, ready.prepared, ready.compute),
        *ready.compute,
        experiment.seed,
        {**vocabulary_fingerprints(ready.prepared.tokenizers), **cutting_fingerprint(experiment)},
        _data_fingerprint(experiment, ready),
        allow_changed_data,
        f"lower data.batching.{key} (now {size}) or data.max_length (now {experiment.data.max_length})",
        f"lower search.batch_sentences (now {together}) or evaluation.valid_beam_size (now {beam})",
        ranks,
    )


def make_epochs(experiment: Experiment, prepared: Prepared, guide: Guide | None) -> Epochs | MappedEpochs:
    """The batches of every epoch, with the guide of each where there is one."""
    data, seed = experiment.data, experiment.seed
    if isinstance(prepared.train, MappedCorpus):
        return MappedEpochs(prepared.train, data.batching, seed, [1.0, *(files.weight for files in data.mix)])
    return Epochs(prepared.train, data.batching, seed, prepared.resample, guide)


def _check_attention(experiment: Experiment, model: Seq2Seq) -> None:
    search = experiment.search
    head, guided = experiment.model.alignment_head, experiment.train.guided_alignment
    if head is not None and guided is None:
        raise ConfigError("model.alignment_head: it learns from links; give train.guided_alignment, or leave it out")
    if head is not None and head.learn == "alone" and experiment.train.init_from is None:
        raise ConfigError("model.alignment_head.learn: alone needs a trained model, train.init_from")
    if guided is not None and head is None and not model.decoder.has_attention:
        raise ConfigError("train.guided_alignment: the model has no attention; leave it out")
    for key, value in (("coverage_penalty", search.coverage_penalty), ("replace_unk", search.replace_unk)):
        if value and not model.decoder.has_attention:
            raise ConfigError(f"search.{key}: the model has no attention; leave it out")


def _check_objective(experiment: Experiment) -> None:
    objective = cast(type[Objective], experiment.train.objective.component)
    if objective.needs_trained_model and experiment.train.init_from is None:
        raise ConfigError(f"train.objective: {objective.name} needs a trained model, train.init_from")
    if objective.needs_dropout and not _has_dropout(experiment.model.model_dump()):
        raise ConfigError(f"train.objective: {objective.name} does nothing in a model without dropout; set some")


def _has_dropout(section: dict[str, Any]) -> bool:
    return any(
        _has_dropout(value) if isinstance(value, dict) else key.endswith("dropout") and bool(value)
        for key, value in section.items()
    )


def _data_fingerprint(experiment: Experiment, ready: Plan) -> dict[str, str]:
    """Hashes of the training pairs in use (as their numbers, so of two that change the vocabulary is told of), the
    validation pairs and the links, by their paths."""
    train, guided = ready.prepared.train, experiment.train.guided_alignment
    pairs = train.fingerprint if isinstance(train, MappedCorpus) else json_hash([train.src, train.tgt])
    hashes = {experiment.data.valid.src: json_hash(ready.prepared.valid_pairs), experiment.data.train.src: pairs}
    if guided is not None and guided.links is not None:
        hashes[guided.links] = json_hash(ready.links)
    return hashes
