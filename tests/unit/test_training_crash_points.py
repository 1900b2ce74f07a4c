"""No point of a save at which a kill or a power cut loses what was saved, or leaves what looks whole and is not."""

import shutil
from types import SimpleNamespace

import pytest
import torch

from nmt.config.experiment import Experiment
from nmt.pipeline.run_folder import RunFolder
from nmt.text.tokenizers.pair import save_tokenizers
from nmt.text.tokenizers.word import Word
from nmt.text.vocab import Vocab
from nmt.training.checkpoint import latest_valid, load_checkpoint
from nmt.training.checkpoint_files import remove_leftovers, saved, step_of
from nmt.training.saver import Saver
from nmt.training.state import TrainingState

from .disk import Disk, restore

KINDS = {"killed": 1, "cut": 2, "names": 3}
SCORES = [1.0, 3.0, 3.0, 2.0, 4.0, 1.0]
"""The best step is 1, 2, 2, 2, 5, 5."""


def learner(step, validated):
    weights = {"w": torch.full((2,), float(step)), "v": torch.tensor(float(validated))}
    return SimpleNamespace(tensors=lambda: (weights, {"optimizer.step.w": torch.tensor(float(step))}))


@pytest.fixture
def saved_steps(monkeypatch, tmp_path):
    """Six saves with links and pruning, the last but one made again after its validation; states of the disk, and
    after how many of them which step was safe."""
    run = tmp_path / "run"
    run.mkdir()
    safe = []
    with monkeypatch.context() as patch:
        disk = Disk(patch, run)
        saver = Saver(run, 1, pytest.fail)
        state = TrainingState()
        for step, score in enumerate(SCORES, start=1):
            state.step = step
            if step == 5:
                saver.save(state, learner(step, False), must=True)
                safe.append((len(disk.states), step, step - 1))
            state.scores.append((step, score))
            saver.save(state, learner(step, True), must=True)
            safe.append((len(disk.states), step, step))
        disk.note("end")
    return disk, safe


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_saved_is_never_lost(saved_steps, tmp_path, kind):
    disk, safe = saved_steps
    assert len(disk.states) > 120
    seen = set()
    for number, state in enumerate(disk.states):
        operation, tree = state[0], state[KINDS[kind]]
        there = [(step, scores) for count, step, scores in safe if count <= number]  # the newest last
        parts = {(name, what) if ".tmp" not in name else ".tmp" for name, what in tree.items()}
        if (len(there), frozenset(parts)) in seen:
            continue
        seen.add((len(there), frozenset(parts)))
        run = restore(tree, tmp_path / "found")
        found = latest_valid(run, lambda message, operation=operation: pytest.fail(f"before {operation}: {message}"))
        step, scores = (found.state.step, len(found.state.scores)) if found else (0, 0)
        assert (step, scores) >= max(there, default=(0, 0)), operation
        if there:
            assert load_checkpoint(run, "last").state.step >= there[-1][0], operation
            best = load_checkpoint(run, "best")
            assert best.state.step in {1 + SCORES.index(max(SCORES[:n])) for n in (scores - 1, scores) if n}, operation
        for path in saved(run) if kind == "killed" else []:
            assert load_checkpoint(run, step_of(path)).state.step == step_of(path), operation
        remove_leftovers(run)
        assert [path.name for path in run.rglob(".tmp*")] == [], operation
        assert [path.name for path in run.rglob("*.replaced") if not path.with_suffix("").exists()] == [], operation
        shutil.rmtree(run)
    assert len(seen) > (20 if kind == "cut" else 30)  # a power cut leaves no names that were not flushed


def test_the_end_is_what_should_be_kept(saved_steps):
    disk, _ = saved_steps
    *_, killed, _, _ = disk.states[-1]
    folders = {name for name, content in killed.items() if content is None and "/" in name}
    assert folders == {"checkpoints/step-00000005", "checkpoints/step-00000006"}
    assert (killed["checkpoints/best"], killed["checkpoints/last"]) == ("step-00000005", "step-00000006")


def begin(run):
    """What `nmt train` does before the first step, then a checkpoint."""
    experiment = Experiment.model_validate(
        {
            "data": {"train": {"src": "/a.src", "tgt": "/a.tgt"}, "valid": {"src": "/v.src", "tgt": "/v.tgt"}},
            "train": {"max_steps": 5},
        }
    )
    folder = RunFolder(run)
    folder.make()
    tokenizer = Word(Word.Config(), Vocab(["a", "b"]))
    save_tokenizers(folder.vocab, tokenizer, tokenizer)
    folder.create(experiment, {"lines": 3})
    Saver(run, 1, pytest.fail).save(TrainingState(step=1, scores=[(1, 1.0)]), learner(1, True), must=True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_checkpoint_is_never_without_its_config_and_vocabularies(monkeypatch, tmp_path, kind):
    runs = tmp_path / "runs"
    runs.mkdir()
    with monkeypatch.context() as patch:
        disk = Disk(patch, runs)
        begin(runs / "a/b")
        disk.note("end")
    end = disk.states[-1][KINDS["killed"]]
    needed = {f"a/b/{name}" for name in ("config.yaml", "env.json", "vocab/src.json", "vocab/tgt.json")}
    assert needed <= end.keys()
    seen = 0
    for operation, *trees in disk.states:
        tree = trees[KINDS[kind] - 1]
        started = {"a/b/config.yaml", "a/b/env.json"} <= tree.keys()
        if started:
            assert {name: tree.get(name) for name in needed} == {name: end[name] for name in needed}, operation
        if "a/b/checkpoints/step-00000001" in tree:
            assert started, operation
            seen += 1
    assert seen >= 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_is_cleared_is_whole_or_none(monkeypatch, tmp_path, kind):
    run = tmp_path / "run"
    begin(run)
    with monkeypatch.context() as patch:
        disk = Disk(patch, run)
        RunFolder(run).clear()
        disk.note("end")
    for number, (operation, *trees) in enumerate(disk.states):
        found = restore(trees[KINDS[kind] - 1], tmp_path / str(number))
        started = RunFolder(found).started
        assert not started or all((found / "vocab" / name).stat().st_size for name in ("src.json", "tgt.json")), (
            operation
        )
        assert started or latest_valid(found, pytest.fail) is None, operation
