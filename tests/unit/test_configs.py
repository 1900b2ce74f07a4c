"""Every shipped config is read, built and takes one update."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nmt.config.dump import dump_config
from nmt.config.experiment import Experiment
from nmt.config.loader import load_config
from nmt.data.batch import collate
from nmt.embedded import demo_config, embedded_folder
from nmt.models.seq2seq import Seq2Seq

FOLDER = embedded_folder() / "configs"
CONFIGS = sorted(FOLDER.rglob("*.yaml"))
VOCAB = 23
NARROW = [path for path in CONFIGS if path.parent.name != "papers"]  # the others are built narrow by test_papers


def each(paths):
    return pytest.mark.parametrize("path", paths, ids=[str(path.relative_to(FOLDER)) for path in paths])


each_config = each(CONFIGS)


@pytest.fixture(autouse=True)
def data(monkeypatch, tmp_path):
    monkeypatch.setenv("NMT_DATA", str(tmp_path / "data"))


def test_there_are_some():
    assert demo_config() in CONFIGS
    assert len(CONFIGS) >= 9


@each_config
def test_it_is_read_and_written_the_same(path, tmp_path):
    experiment = load_config(Experiment, path)
    (tmp_path / "full.yaml").write_text(dump_config(experiment), encoding="utf-8", newline="\n")
    assert load_config(Experiment, tmp_path / "full.yaml") == experiment


@each(NARROW)
def test_the_model_takes_an_update(path):
    experiment = load_config(Experiment, path)
    torch.manual_seed(experiment.seed)
    model = Seq2Seq(experiment.model, src_vocab=VOCAB, tgt_vocab=VOCAB)
    batch = collate([[5, 6, 7], [8], [9, 10]], [[5, 6], [7, 8, 9], [4]], [0, 1, 2])
    guided = experiment.train.guided_alignment
    if guided is not None:
        batch = replace(batch, guide_BTS=torch.eye(4).expand(3, 4, 4))
    loss = model.loss(batch, experiment.train.label_smoothing, guided=guided)
    assert loss.tokens == 9
    assert loss.total.isfinite() and loss.nll > 0
    loss.total.backward()
    missing = [name for name, parameter in model.named_parameters() if parameter.grad is None]
    assert missing == []
    before = [parameter.detach().clone() for parameter in model.parameters()]
    experiment.train.optimizer.build(parameters=list(model.parameters())).step()
    assert all(not torch.equal(*pair) for pair in zip(model.parameters(), before, strict=True))


@each_config
def test_attention_is_there_for_what_needs_it(path):
    experiment = load_config(Experiment, path)
    attends = experiment.model.decoder.component.has_attention
    assert attends or not (experiment.search.replace_unk or experiment.search.coverage_penalty)


@each_config
def test_the_head_tells_how_to_run_it(path):
    head = [line for line in path.read_text(encoding="utf-8").split("\n") if line.startswith("#")]
    command = next(line for line in head if "nmt train" in line)
    named = re.search(r"--config (\S+?)\)?$", command)
    assert named is not None
    assert embedded_folder() / named[1] == path


@each_config
def test_only_the_data_folder_and_the_repository_are_named(path):
    text = path.read_text(encoding="utf-8")
    for named in re.findall(r"(?:src|tgt|align): ([^,}\s]+)", text):
        inside = (path.parent / named).resolve().is_relative_to(embedded_folder() / "data")
        assert named.startswith("$NMT_DATA/") or inside


def test_the_demo_finds_its_files():
    load_config(Experiment, demo_config(), check_files=True)


def test_what_is_named_in_the_data_folder_is_below_it(tmp_path):
    for path in CONFIGS:
        data = load_config(Experiment, path).data
        files = [file for part in (data.train, data.valid, *data.test.values()) for file in (part.src, part.tgt)]
        if "$NMT_DATA" in path.read_text(encoding="utf-8"):
            assert all(Path(file).is_relative_to(tmp_path / "data") for file in files), path
