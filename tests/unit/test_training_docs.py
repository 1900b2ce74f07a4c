"""The commands of docs/training.md: each change is one, and what a command reads another one before it has made."""

from pathlib import Path

import pytest
import torch
import typer.main

from nmt.cli import app
from nmt.config.experiment import Experiment
from nmt.config.loader import load_config
from nmt.embedded import demo_config, embedded_folder
from nmt.models.seq2seq import Seq2Seq

from .test_docs import ROOT, blocks, commands

PAGE = ROOT / "docs" / "training.md"
COMMANDS = [words for text in blocks(PAGE, "sh") for words in commands(text)]
TRAININGS = [words for words in COMMANDS if words[0] == "train"]


def parsed(words):
    """The parameters of a command."""
    command = typer.main.get_command(app).commands[words[0]]
    return command.make_context(words[0], list(words[1:])).params


def trained(words):
    """The config that a training would have; a run that it starts from need not be there."""
    return load_config(Experiment, demo_config(), parsed(words)["set_"] or [])


def test_the_page_has_what_it_is_for():
    text = " ".join(" ".join(words) for words in COMMANDS)
    wanted = ("label_smoothing", "ema", "average", "--ensemble", "scheduled_sampling", "r_drop", "sampling:", "--seeds")
    assert [word for word in (*wanted, "minimum_risk", "init_from", "guided_alignment") if word not in text] == []
    assert len(PAGE.read_text(encoding="utf-8").split("\n")) <= 121


@pytest.mark.parametrize("words", TRAININGS, ids=" ".join)
def test_every_change_changes_the_demo(words):
    changes, changed = parsed(words)["set_"] or [], trained(words)
    for left_out in changes:
        rest = [change for change in changes if change != left_out]
        assert load_config(Experiment, demo_config(), rest) != changed
    assert bool(changes) == (changed != load_config(Experiment, demo_config()))
    with torch.device("meta"):
        Seq2Seq(changed.model, src_vocab=9, tgt_vocab=9)


def test_runs_and_files_are_there_before_they_are_read():
    made = {}
    for words in COMMANDS:
        given = parsed(words)
        read = [given.get("input")] if given.get("input") else []
        assert all((embedded_folder() / file).exists() for file in read)
        runs = [*(given.get("ensemble") or []), *([Path(words[1])] if words[0] != "train" else [])]
        assert [run for run in runs if run not in made] == []
        if words[0] != "train":
            continue
        experiment = trained(words)
        if experiment.train.init_from:
            first = made[Path("runs") / Path(experiment.train.init_from).name]
            assert (first.data, first.model) == (experiment.data, experiment.model)
        made.setdefault(given["run"], experiment)
        assert made[given["run"]] == experiment, "another config in the same folder is refused"
    vocabularies = {made[run].data.tokenizer for run in (Path("runs/demo"), Path("runs/luong"))}
    assert len(vocabularies) == 1
