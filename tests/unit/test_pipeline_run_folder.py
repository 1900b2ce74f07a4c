"""The run folder: what may be continued, what is refused, what is written."""

import json
import sys

import pytest

from nmt.config.experiment import Experiment
from nmt.config.loader import load_config
from nmt.errors import CheckpointError, ConfigError, UserError
from nmt.pipeline.describe import read_metrics, read_scores
from nmt.pipeline.run_folder import RunFolder


def experiment(**train):
    return Experiment.model_validate(
        {
            "data": {"train": {"src": "/a.src", "tgt": "/a.tgt"}, "valid": {"src": "/v$.src", "tgt": "/v.tgt"}},
            "train": {"max_steps": 5, **train},
        }
    )


@pytest.fixture
def folder(tmp_path):
    run = RunFolder(tmp_path / "runs/one")
    run.create(experiment(), {"train": {"lines": 3, "note": "ä"}})
    return run


def test_create(folder):
    names = sorted(path.name for path in folder.path.iterdir())
    assert names == ["alignments", "config.yaml", "data_report.json", "env.json", "eval", "vocab"]
    assert folder.started
    assert folder.experiment() == experiment()
    assert load_config(Experiment, folder.config) == experiment()
    assert json.loads(folder.data_report.read_text(encoding="utf-8")) == {"train": {"lines": 3, "note": "ä"}}
    environment = json.loads(folder.environment.read_text(encoding="utf-8"))
    assert {"nmt", "python", "torch", "threads", "machine"} <= environment.keys()


@pytest.fixture
def asking(folder, tmp_path, monkeypatch):
    """The run folder, whose config names two modules; importing one of them leaves a trace in `tmp_path`."""
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("stranger_a", "stranger_b"):
        code = f"from pathlib import Path\nPath({str(tmp_path / name)!r}).touch()\n"
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
        monkeypatch.setitem(sys.modules, name, None)
        del sys.modules[name]
    text = folder.config.read_text(encoding="utf-8")
    text = text.replace("plugins: []", "plugins: [stranger_a, stranger_b]\nsede: 1")
    folder.config.write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("allowed", [None, "", "stranger_a", "stranger_b,other", "stranger"])
def test_a_run_folder_imports_nothing_that_nobody_named(allowed, asking, tmp_path, monkeypatch):
    monkeypatch.delenv("NMT_PLUGINS", raising=False)
    if allowed is not None:
        monkeypatch.setenv("NMT_PLUGINS", allowed)
    with pytest.raises(ConfigError) as caught:
        asking.experiment()
    assert caught.value.args == (
        f"{asking.config}:{line_of(asking.config, 'plugins')}: plugins: asks to run code of its own; "
        "if you trust it, set the environment variable NMT_PLUGINS=stranger_a,stranger_b",
    )
    assert not list(tmp_path.glob("stranger_?"))


def test_a_run_folder_imports_what_the_user_named(asking, tmp_path, monkeypatch):
    monkeypatch.setenv("NMT_PLUGINS", "stranger_b, stranger_a")
    with pytest.raises(ConfigError, match="sede: unknown key; did you mean 'seed'"):
        asking.experiment()
    assert len(list(tmp_path.glob("stranger_?"))) == 2


def test_what_is_imported_already_needs_no_permission(folder, monkeypatch):
    monkeypatch.delenv("NMT_PLUGINS", raising=False)
    text = folder.config.read_text(encoding="utf-8")
    folder.config.write_text(text.replace("plugins: []", "plugins: [json]"), encoding="utf-8")
    assert folder.experiment().plugins == ["json"]


def line_of(path, key):
    """The number of the line that begins with `key`."""
    lines = path.read_text(encoding="utf-8").split("\n")
    return next(number for number, line in enumerate(lines, start=1) if line.startswith(key))


def test_same_config(folder):
    folder.check_free()
    folder.check_same(experiment())


def test_other_config_names_the_keys(folder):
    with pytest.raises(UserError) as caught:
        folder.check_same(experiment(keep_checkpoints=7, max_steps=6))
    assert str(caught.value) == (
        f"{folder.path} was started with another config (train.keep_checkpoints: 2 there, 7 here; "
        "train.max_steps: 5 there, 6 here); give --overwrite to start anew, or another folder with --run"
    )


def test_another_number_of_threads_continues(folder):
    folder.check_same(experiment().model_copy(update={"threads": 2}))


def test_a_link_that_leads_nowhere_is_no_place_for_a_run(tmp_path):
    for name, target in (("dangling", "nothing"), ("loop", "loop")):
        (tmp_path / name).symlink_to(target)
        for path in (tmp_path / name, tmp_path / name / "run"):
            with pytest.raises(UserError, match=f"{name} is a link that leads nowhere; choose another with --run"):
                RunFolder(path).check_free()


@pytest.mark.parametrize("name", [".lock", "metrics.jsonl", "log.txt", "report.html", "done.json", "config.yaml"])
def test_a_folder_where_a_file_belongs(name, tmp_path):
    (tmp_path / name).mkdir()
    with pytest.raises(
        UserError, match=rf"{name} is a folder, where the run has a file; |holds a config\.yaml but no run"
    ):
        RunFolder(tmp_path).check_free()


@pytest.mark.parametrize("name", ["vocab", "eval", "alignments", "checkpoints"])
def test_a_file_where_a_folder_belongs(name, tmp_path):
    (tmp_path / name).touch()
    with pytest.raises(UserError, match=f"{name} is a file, where the run has a folder; remove it, or choose another"):
        RunFolder(tmp_path).check_free()


def test_how_training_ended(folder):
    assert folder.ending == ""
    folder.done.write_bytes(b'{"step": 60, "metric": "bleu", "best": 31.196}')
    assert folder.ending == " at step 60 (BLEU 31.20)"
    for damaged in (b"[]", b"{", b"{}", b'{"step": 60, "metric": 1, "best": null}'):
        folder.done.write_bytes(damaged)
        assert folder.ending == ""


def test_many_differences_are_counted(folder):
    other = experiment(keep_checkpoints=7, max_steps=6, max_epochs=3, patience=2, log_every=1, ema=0.5, accumulate=2)
    with pytest.raises(UserError, match=r" here and 2 more\); give"):
        folder.check_same(other)


def test_other_component(folder):
    with pytest.raises(UserError, match=r"config \(train\.optimizer\.type: adam there, sgd here\); give"):
        folder.check_same(experiment(optimizer={"type": "sgd"}))


def test_keys_without_value(folder):
    with pytest.raises(UserError, match=r"config \(train.patience: null there, 3 here\); give"):
        folder.check_same(experiment(patience=3))
    other = experiment().model_dump(mode="json")
    other["data"]["test"] = {"t": {"src": "/t.src", "tgt": "/t.tgt"}}
    with pytest.raises(UserError) as caught:
        folder.check_same(Experiment.model_validate(other))
    assert (
        "(data.test: key: value pairs there, nothing here; data.test.t.align: nothing there, null here; "
        "data.test.t.align_base: nothing there, null here; data.test.t.src: nothing there, /t.src here; "
        "data.test.t.tgt: nothing there, /t.tgt here)"
    ) in str(caught.value)


def test_no_run(tmp_path):
    run = RunFolder(tmp_path / "none")
    assert not run.started
    run.check_free()
    with pytest.raises(CheckpointError, match=r"none: no checkpoint here \(looked for checkpoints/step-\*/\)$"):
        run.experiment()
    assert list(tmp_path.iterdir()) == []


def test_what_could_be_meant_instead_of_no_run(tmp_path):
    for name in ("seeds/seed-1", "seeds/seed-10", "seeds/seed-2"):
        (tmp_path / name / "checkpoints/step-00000003").mkdir(parents=True)
    given = tmp_path / "seeds"
    runs = ", ".join(str(given / f"seed-{seed}") for seed in (1, 2, 10))
    with pytest.raises(CheckpointError) as caught:
        RunFolder(given).experiment()
    assert str(caught.value) == f"{given} is a folder of runs; give one of them: {runs}"
    with pytest.raises(CheckpointError, match="; did you mean .*seed-1"):
        RunFolder(given / "sed-1").experiment()
    with pytest.raises(CheckpointError, match=r"seed-1: no run folder \(it has no config.yaml\)$"):
        RunFolder(given / "seed-1").experiment()


def test_folder_with_other_things_is_free(tmp_path):
    (tmp_path / "log.txt").write_bytes(b"")
    (tmp_path / "vocab").mkdir()
    RunFolder(tmp_path).check_free()


def test_config_of_other_origin_is_kept(tmp_path):
    (tmp_path / "config.yaml").write_bytes(b"mine: 1\n")
    run = RunFolder(tmp_path)
    assert not run.started
    with pytest.raises(UserError, match="holds a config.yaml but no run; choose another folder with --run$"):
        run.check_free()


@pytest.mark.parametrize("below", ["file", "file/run", "file/runs/run"])
def test_file_in_the_way(tmp_path, below):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UserError, match=r"file is a file, no folder; choose another with --run$"):
        RunFolder(tmp_path / below).check_free()
    with pytest.raises(UserError, match=r": cannot be made \("):
        RunFolder(tmp_path / below).make()


def test_make(tmp_path):
    run = RunFolder(tmp_path / "a/b")
    run.make()
    run.make()
    assert run.path.is_dir()


def test_metrics_that_a_kill_cut_off(tmp_path):
    assert read_metrics(tmp_path) == []
    lines = [{"split": "train", "step": step, "loss": 0.5} for step in (1, 2)]
    (tmp_path / "metrics.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines) + '{"st')
    assert read_metrics(tmp_path) == lines


def test_scores_by_name(tmp_path):
    assert read_scores(tmp_path) == {}
    (tmp_path / "eval").mkdir()
    for name, score in (("b.2", 2), ("a", 1)):
        (tmp_path / f"eval/{name}.scores.json").write_text(json.dumps({"bleu": score}), encoding="utf-8")
    assert read_scores(tmp_path) == {"a": {"bleu": 1}, "b.2": {"bleu": 2}}
