"""`nmt train`: a config to a run folder; without a config, the embedded demo."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from nmt.errors import CONTINUES, NmtError

if TYPE_CHECKING:
    from nmt.commands.progress import Screen
    from nmt.config.experiment import Experiment
    from nmt.pipeline.run_folder import RunFolder
    from nmt.pipeline.training import Plan, Trained
    from nmt.training.listener import Listener

EPILOG = """\b
Examples:
  nmt train
  nmt train --config my.yaml --set train.max_epochs=20 --run runs/long --seeds 1,2,3
"""
DEMO_SENTENCE = "Yesterday the old woman gave the child a small book ."


class Manner(NamedTuple):
    """How to train, as the flags say."""

    overwrite: bool
    dry_run: bool
    quiet: bool
    demo: bool
    processes: int
    allow_changed_data: bool


def train(
    config: Annotated[Path | None, typer.Option(help="Config file. Default: the embedded demo.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a key of the config; repeatable.")
    ] = None,
    run: Annotated[Path | None, typer.Option(help="Run folder. Default: runs/ and the config's name.")] = None,
    seeds: Annotated[
        str | None,
        typer.Option(metavar="N,N,...", help="A run for each seed, in RUN/seed-N, and the spread of scores."),
    ] = None,
    nproc: Annotated[
        int, typer.Option(min=1, help="Processes that share each batch; one a GPU, or a few cores each.")
    ] = 1,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Start anew where a run is already.")] = False,
    allow_changed_data: Annotated[
        bool, typer.Option("--allow-changed-data", help="Continue where training text or links were changed.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, say what would be done, stop.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Only the scores, the report's path and warnings.")
    ] = False,
) -> None:
    """Train a model, score it on the test sets and write report.html. The same command continues a stopped run."""
    from nmt.commands.given_config import given_config
    from nmt.commands.output import write_report
    from nmt.config.experiment import Experiment
    from nmt.config.late import late_mistakes
    from nmt.embedded import demo_config

    path = config or demo_config()
    folder = run or Path("runs") / path.stem
    changes = set_ or []
    manner = Manner(overwrite, dry_run, quiet, config is None, _processes(nproc), allow_changed_data)
    chosen = {_single(folder): changes} if seeds is None else _of_seeds(seeds, folder, changes)
    for number, (where, overrides) in enumerate(chosen.items()):
        experiment = given_config(path, overrides, warned=number > 0)
        with late_mistakes(Experiment, path, overrides):
            _train_one(experiment, where, manner, _again(config, overrides, where, manner))
    if seeds is not None and not dry_run and _is_first():
        write_report(*_spread_lines(list(chosen)))


def _is_first() -> bool:
    """Whether this process tells how it goes: the only one, or the first of several ranks."""
    return os.environ.get("RANK", "0") == "0"


def _processes(nproc: int) -> int:
    """How many processes to start. Errors: UserError if this is one that torchrun started."""
    from nmt.errors import UserError

    if nproc > 1 and "RANK" in os.environ:
        raise UserError("--nproc: another launcher has started this process already; leave it out")
    return nproc


def _again(config: Path | None, changes: list[str], where: Path, manner: Manner) -> list[str]:
    """The arguments with which a process of this training is started."""
    chosen = [] if config is None else [f"--config={config}"]
    flags = [*["--quiet"] * manner.quiet, *["--allow-changed-data"] * manner.allow_changed_data]
    return ["train", *chosen, *(f"--set={change}" for change in changes), f"--run={where}", *flags]


def _single(folder: Path) -> Path:
    """The folder of one run. Errors: UserError if there are runs of several seeds in it."""
    from nmt.errors import UserError
    from nmt.pipeline.seeds import seed_runs

    if seed_runs(folder):
        raise UserError(f"{folder} holds runs of several seeds; give --seeds, or another folder with --run")
    return folder


def _of_seeds(seeds: str, folder: Path, changes: list[str]) -> dict[Path, list[str]]:
    """The run folder of each seed and the changes of the config for it."""
    from nmt.errors import UserError
    from nmt.pipeline.run_folder import RunFolder
    from nmt.pipeline.seeds import parse_seeds, seed_run

    if RunFolder(folder).config.exists():
        raise UserError(f"{folder} is a single run, no folder for seeds; choose another with --run")
    if any(change.partition("=")[0].strip() == "seed" for change in changes):
        raise UserError("give --seeds or --set seed, not both")
    return {seed_run(folder, seed): [*changes, f"seed={seed}"] for seed in parse_seeds(seeds)}


def _train_one(experiment: Experiment, where: Path, manner: Manner, again: list[str]) -> None:
    """Trains a run, or continues it, and says how; a finished one is left alone.

    Of several processes the one that starts them checks everything and introduces the training, the first rank tells
    how it goes, and the others are quiet.
    """
    from nmt.commands.progress import Screen
    from nmt.parallel.launcher import is_launched, launch
    from nmt.pipeline.run_folder import RunFolder
    from nmt.pipeline.training import locked_run, train_run
    from nmt.training.listener import Listener

    folder, is_first = RunFolder(where), _is_first()
    with Screen(manner.quiet, silent=not is_first) as screen, _reworded(manner.overwrite):
        if not manner.overwrite and folder.finished(experiment):
            screen.on_message(
                f"{where}: already finished{folder.ending}; translate with it, or start anew with --overwrite"
            )
            return
        ready = _introduced(experiment, folder, manner, Listener() if is_launched() else screen)
        if manner.dry_run:
            return
        folder.make()
        if manner.processes > 1:
            with locked_run(experiment, folder, ready.prepared, screen, manner.overwrite):
                del ready
            launch(manner.processes, again)
            return
        screen.log = folder.log if is_first else None
        trained = train_run(experiment, folder, ready, screen, manner.overwrite, manner.allow_changed_data)
    if trained is not None:
        _finish(folder, trained, screen, manner.demo)


@contextmanager
def _reworded(overwrite: bool) -> Iterator[None]:
    """With --overwrite the same command begins anew, so an error that says that it continues is put right."""
    try:
        yield
    except NmtError as error:
        if overwrite:
            right = "the same command without --overwrite continues"
            error.args = tuple(line.replace(CONTINUES, right) for line in error.args)
        raise


def _introduced(experiment: Experiment, folder: RunFolder, manner: Manner, listener: Listener) -> Plan:
    """The checked training, after a few lines about it."""
    from nmt.pipeline.training import plan

    listener.on_message("reading the corpus and learning the vocabularies")
    ready = plan(experiment, folder, manner.overwrite, manner.dry_run)
    for line in _introduction(experiment, folder, ready):
        listener.on_message(line)
    for warning in (warning for found in ready.prepared.report.values() for warning in found["warnings"]):
        listener.on_warning(f"warning: {warning}")
    return ready


def _spread_lines(runs: list[Path]) -> list[str]:
    """Mean and standard deviation of each score over the seeds."""
    from nmt.pipeline.seeds import score_spreads

    lines = []
    for name, scores in score_spreads(runs).items():
        for title, (mean, deviation) in scores.items():
            found = "of one seed" if deviation is None else f"mean of {len(runs)} seeds, deviation {deviation:.2f}"
            lines.append(f"{name}  {title} {mean:.2f}  {found}")
    return lines


def _introduction(experiment: Experiment, folder: RunFolder, ready: Plan) -> list[str]:
    """What will be trained on what, in a few lines."""
    data, model, train = experiment.data, experiment.model, ready.prepared.train
    kind = data.tokenizer.component.name
    vocabularies = " + ".join(str(len(tokenizer)) for tokenizer in ready.prepared.tokenizers)
    return [
        f"{data.src_lang} to {data.tgt_lang}: {len(train)} training pairs, {vocabularies} {kind} entries",
        f"{model.encoder.component.name} encoder, {model.decoder.component.name} decoder, "
        f"{ready.parameters:,} parameters, on {ready.compute.device}, {ready.compute.precision}",
        f"writing to {folder.path}",
    ]


def _finish(folder: RunFolder, trained: Trained, screen: Screen, demo: bool) -> None:
    """Scores, an example where this is the demo, the report, and what to type next."""
    from nmt.commands.output import write_report
    from nmt.commands.score_lines import score_lines
    from nmt.pipeline.reporting import next_commands

    write_report(*score_lines({name: result.scores for name, (_, result) in trained.results.items()}))
    if demo and trained.translator.has_attention:
        _show_example(folder, trained, screen)
    screen.on_message("next: " + next_commands(folder.path, trained.translator.has_attention)[0])
    write_report(f"report: {trained.report.resolve()}")


def _show_example(folder: RunFolder, trained: Trained, screen: Screen) -> None:
    """A sentence typed by hand, its translation, and its alignment in files."""
    from nmt.alignment.formats.registry import open_writer
    from nmt.pipeline.records import alignment_record

    (translation,) = next(trained.translator.translate([DEMO_SENTENCE]))
    record = alignment_record(0, translation, "word")
    screen.on_message(f"{DEMO_SENTENCE} -> {translation.text}")
    screen.on_message(f"links: {' '.join(f'{source}-{target}' for source, target in record.links)}")
    files = [(name, folder.alignments / f"example.{name}") for name in ("pharaoh", "jsonl", "html")]
    for name, file in files:
        with open_writer(name, file) as writer:
            writer.write(record)
    screen.on_message(f"alignments: {', '.join(str(file) for _, file in files)}")
