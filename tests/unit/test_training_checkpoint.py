"""Checkpoints: whole or not there, damaged ones are noticed, the order of disk operations survives a power cut."""

import errno
import json
import os
import shutil
import stat

import pytest
import torch
from torch import nn

from nmt.errors import CheckpointError, NmtError
from nmt.training import checkpoint_files, durable
from nmt.training.checkpoint import SaveError, latest_valid, load_checkpoint, save_checkpoint
from nmt.training.checkpoint_files import link, prune, remove_leftovers, saved
from nmt.training.state import TrainingState
from nmt.training.weights import load_weights, named_weights, weights_sha256

FILES = ["model.safetensors", "training.safetensors", "state.json", "MANIFEST.json"]


def save(run, step, value=None):
    weights = {"w": torch.full((2, 3), float(step if value is None else value))}
    state = TrainingState(step=step, epoch=2, position=3, seconds=0.1 + 0.2, scores=[(step, 1 / 3)])
    return save_checkpoint(run, state, weights, {"optimizer.step.w": torch.tensor(float(step))})


def newest_step(run):
    found = latest_valid(run, lambda message: None)
    return None if found is None else found.state.step


def names(run):
    return sorted(os.listdir(run / "checkpoints"))


def test_round_trip(tmp_path):
    path = save(tmp_path, 1200)
    assert path == tmp_path / "checkpoints" / "step-00001200"
    assert sorted(os.listdir(path)) == sorted(FILES)
    found = latest_valid(tmp_path, pytest.fail)
    assert found.state == TrainingState(step=1200, epoch=2, position=3, seconds=0.1 + 0.2, scores=[(1200, 1 / 3)])
    assert torch.equal(found.weights["w"], torch.full((2, 3), 1200.0))
    assert found.training["optimizer.step.w"].item() == 1200.0


def test_no_checkpoint_at_all_is_a_fresh_start(tmp_path):
    assert latest_valid(tmp_path / "nowhere", pytest.fail) is None


def test_file_mode_follows_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        path = save(tmp_path, 1)
    finally:
        os.umask(before)
    assert {stat.S_IMODE((path / name).stat().st_mode) for name in FILES} == {0o640}


def failing(monkeypatch, after, error=errno.ENOSPC):
    """Lets `after` disk operations succeed and the rest fail; returns the list of those that were tried."""
    tried = []

    def watch(module, name):
        real = getattr(module, name)

        def operation(*args, **options):
            tried.append(name)
            if len(tried) > after:
                raise OSError(error, os.strerror(error))
            return real(*args, **options)

        monkeypatch.setattr(module, name, operation)

    for name in ("fsync", "rename"):
        watch(os, name)
    watch(durable, "open")
    return tried


@pytest.fixture
def counted_open(monkeypatch):
    monkeypatch.setattr(durable, "open", open, raising=False)


OPERATIONS = 11


@pytest.mark.usefixtures("counted_open")
def test_number_of_operations_of_a_save(monkeypatch, tmp_path):
    save(tmp_path, 1)
    tried = failing(monkeypatch, after=99)
    save(tmp_path, 2)
    assert tried == ["open", "fsync"] * 4 + ["fsync", "rename", "fsync"]
    assert len(tried) == OPERATIONS


@pytest.mark.usefixtures("counted_open")
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
@pytest.mark.parametrize("after", range(OPERATIONS))
def test_a_failing_save_leaves_the_one_before(monkeypatch, tmp_path, after, error):
    save(tmp_path, 1)
    with monkeypatch.context() as patch:
        failing(patch, after, error)
        with pytest.raises(SaveError, match=r"^cannot save step 2 \(.+\); last good checkpoint: step-0000000[12]$"):
            save(tmp_path, 2)
    assert newest_step(tmp_path) == (2 if after == OPERATIONS - 1 else 1)
    assert not [name for name in names(tmp_path) if name.startswith(".tmp")]


@pytest.mark.usefixtures("counted_open")
@pytest.mark.parametrize("after", range(OPERATIONS + 1))
def test_replacing_a_step_never_leaves_none(monkeypatch, tmp_path, after):
    save(tmp_path, 2, value=1.0)
    with monkeypatch.context() as patch:
        failing(patch, after)
        with pytest.raises(SaveError):
            save(tmp_path, 2, value=5.0)
    found = latest_valid(tmp_path, pytest.fail)
    assert found.weights["w"][0, 0].item() == (5.0 if after == OPERATIONS else 1.0)


def test_replaced_step_is_pruned(tmp_path):
    save(tmp_path, 2, value=1.0)
    save(tmp_path, 2, value=5.0)
    assert names(tmp_path) == ["step-00000002", "step-00000002.replaced"]
    assert load_checkpoint(tmp_path, "last").weights["w"][0, 0].item() == 5.0
    prune(tmp_path, newest=2, best=None, keep=2)
    assert names(tmp_path) == ["step-00000002"]


def test_disk_full_names_the_sizes(monkeypatch, tmp_path):
    monkeypatch.setattr(durable, "open", open, raising=False)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 10, 0))
    failing(monkeypatch, after=0)
    with pytest.raises(
        SaveError, match=r"\(disk full: 0 B free in .+, \d{3} B needed\); there is no earlier checkpoint$"
    ):
        save(tmp_path, 2)


def test_everything_is_on_the_disk_before_the_name(monkeypatch, tmp_path):
    """A power cut cannot be had here, so the order of the operations is what is checked."""
    done = []
    real_fsync, real_rename = os.fsync, os.rename

    def fsync(descriptor):
        done.append(("fsync", os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}"))))
        real_fsync(descriptor)

    def rename(old, new):
        done.append(("rename", os.path.basename(new)))
        real_rename(old, new)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "rename", rename)
    save(tmp_path, 3)
    temporary = f".tmp-step-00000003-{os.getpid()}"
    expected = [("fsync", name) for name in (tmp_path.name, *FILES)]
    assert done == [*expected, ("fsync", temporary), ("rename", "step-00000003"), ("fsync", "checkpoints")]


def damage(path, how):
    data = bytearray(path.read_bytes())
    if how == "delete":
        path.unlink()
    elif how == "empty":
        path.write_bytes(b"")
    elif how.startswith("flip"):
        place = {"flip first": 0, "flip header": 9, "flip middle": len(data) // 2, "flip last": len(data) - 1}[how]
        data[place] ^= 4
        path.write_bytes(data)
    else:
        path.write_bytes({"cut": data[:-1], "half": data[: len(data) // 2], "extra": data + b"x"}[how])


WAYS = ["delete", "empty", "cut", "half", "flip first", "flip header", "flip middle", "flip last"]


@pytest.mark.parametrize("how", [*WAYS, "extra"])
@pytest.mark.parametrize("name", FILES)
def test_damage_falls_back_to_the_one_before(tmp_path, name, how):
    save(tmp_path, 1)
    path = save(tmp_path, 2)
    damage(path / name, how)
    warnings = []
    assert latest_valid(tmp_path, warnings.append).state.step == 1
    assert len(warnings) == 1
    assert warnings[0].startswith("step-00000002: ")
    assert warnings[0].endswith("; using step-00000001")
    if name in ("model.safetensors", "state.json"):
        with pytest.raises(CheckpointError, match=r"^step-00000002: "):
            load_checkpoint(tmp_path, 2)


@pytest.mark.parametrize("name", FILES)
def test_no_bit_and_no_byte_goes_unnoticed(tmp_path, name):
    """One bit of every byte, and all kinds of lengths."""
    save(tmp_path, 1)
    file = save(tmp_path, 2) / name
    whole, unnoticed = file.read_bytes(), []
    flipped = (whole[:i] + bytes([byte ^ 1 << i % 8]) + whole[i + 1 :] for i, byte in enumerate(whole))
    for content in (*flipped, *(whole[:length] for length in range(0, len(whole), 9))):
        file.write_bytes(content)
        warnings = []
        found = latest_valid(tmp_path, warnings.append)
        if found.state.step == 2:
            unnoticed.append(content)
            assert torch.equal(found.weights["w"], torch.full((2, 3), 2.0))
        else:
            assert len(warnings) == 1
    own = [content for content in unnoticed if b'"sha256": "' not in content.rsplit(b"\n", 2)[1]]
    assert unnoticed == own, "only in the name under which the manifest keeps its own hash"
    assert len(own) <= (len("sha256") if name == "MANIFEST.json" else 0)


def test_files_of_another_step_are_noticed(tmp_path):
    for step in (1, 2, 3):
        save(tmp_path, step)
    shutil.rmtree(tmp_path / "checkpoints/step-00000003")
    shutil.copytree(tmp_path / "checkpoints/step-00000001", tmp_path / "checkpoints/step-00000003")
    warnings = []
    assert latest_valid(tmp_path, warnings.append).state.step == 2
    assert warnings == ["step-00000003: its files are those of step 1; using step-00000002"]


def test_swapped_files_are_noticed(tmp_path):
    first, second = save(tmp_path, 1), save(tmp_path, 2)
    shutil.copy(first / "model.safetensors", second / "model.safetensors")
    warnings = []
    assert latest_valid(tmp_path, warnings.append).state.step == 1
    assert warnings == ["step-00000002: model.safetensors is damaged (SHA-256 differs); using step-00000001"]


def test_all_damaged_is_no_fresh_start(tmp_path):
    for step in (1, 2, 3):
        damage(save(tmp_path, step) / "state.json", "cut")
    with pytest.raises(CheckpointError, match=r"^no usable checkpoint in .+ \(3 found, 3 damaged\)$"):
        latest_valid(tmp_path, lambda message: None)


def test_newer_format(tmp_path):
    save(tmp_path, 1)
    manifest = save(tmp_path, 2) / "MANIFEST.json"
    content = json.loads(manifest.read_bytes()) | {"format": 3}
    del content["sha256"]
    manifest.write_text(json.dumps(content), encoding="utf-8")
    expected = "step-00000002: format 3, this version reads up to 1; upgrade nmt"
    for load in (lambda: latest_valid(tmp_path, pytest.fail), lambda: load_checkpoint(tmp_path, "last")):
        with pytest.raises(CheckpointError, match=expected):
            load()


def test_nan_is_neither_saved_nor_loaded(tmp_path, monkeypatch):
    save(tmp_path, 1)
    with pytest.raises(NmtError, match="w contains NaN at step 2; not saved, last good checkpoint: step-00000001"):
        save(tmp_path, 2, value=float("nan"))
    assert names(tmp_path) == ["step-00000001"]
    with monkeypatch.context() as patch:
        patch.setattr("nmt.training.checkpoint.first_nan", lambda weights: None)
        save(tmp_path, 3, value=float("nan"))
    with pytest.raises(CheckpointError, match=r"w contains NaN \(saved at step 3\)"):
        load_checkpoint(tmp_path, 3)


def test_other_paths_are_explained(tmp_path):
    save(tmp_path / "german", 1)
    with pytest.raises(
        CheckpointError, match=r"no checkpoint here \(looked for checkpoints/step-\*/\); did you mean .*german"
    ):
        load_checkpoint(tmp_path / "germann")
    torch_file = tmp_path / "model.pt"
    torch_file.write_bytes(b"PK\x03\x04rest")
    with pytest.raises(CheckpointError, match=r"model\.pt is a PyTorch pickle; this tool loads only safetensors"):
        load_checkpoint(torch_file)
    with pytest.raises(CheckpointError, match=r"no checkpoint of step 5; there are 1$"):
        load_checkpoint(tmp_path / "german", 5)


def test_a_header_that_lies_is_refused(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("nmt.training.checkpoint.save_tensors", lambda tensors: (10**12).to_bytes(8, "little") + b"{}")
        save(tmp_path, 1)
    with pytest.raises(CheckpointError, match=r"model\.safetensors is damaged"):
        load_checkpoint(tmp_path, 1)


def test_a_damaged_checkpoint_says_what_else_there_is(tmp_path):
    for step in (1, 2, 3):
        save(tmp_path, step)
        link(tmp_path, "best", 2)
    damage(tmp_path / "checkpoints/step-00000002/model.safetensors", "cut")
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(tmp_path)
    problem = "step-00000002: model.safetensors is damaged (size differs)"
    assert str(caught.value) == f"{problem}; give --checkpoint another step: 1, 3"


def test_a_deleted_best_checkpoint_is_not_another_one(tmp_path):
    for step in (1, 2, 3):
        save(tmp_path, step)
    link(tmp_path, "best", 2)
    shutil.rmtree(tmp_path / "checkpoints/step-00000002")
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(tmp_path)
    assert (
        str(caught.value) == f"{tmp_path}: best is step-00000002, which is gone; give --checkpoint another step: 1, 3"
    )


def test_a_copy_without_links_still_knows_its_best(tmp_path):
    for step, scores in ((1, [(1, 0.5)]), (2, [(1, 0.5), (2, 0.9)]), (3, [(1, 0.5), (2, 0.9), (3, 0.7)])):
        save_checkpoint(tmp_path, TrainingState(step=step, scores=scores), {"w": torch.ones(1)}, {})
    assert load_checkpoint(tmp_path, "best").state.step == 2
    assert load_checkpoint(tmp_path, "last").state.step == 3


def test_links_and_pruning(tmp_path):
    for step in range(1, 7):
        save(tmp_path, step)
        link(tmp_path, "last", step)
        if step == 2:
            link(tmp_path, "best", 2)
        prune(tmp_path, newest=step, best=min(step, 2), keep=2)
    kept = ["step-00000002", "step-00000005", "step-00000006"]
    assert names(tmp_path) == ["best", "last", *kept]
    assert os.readlink(tmp_path / "checkpoints" / "best") == "step-00000002"
    assert load_checkpoint(tmp_path, "best").state.step == 2
    assert load_checkpoint(tmp_path, "last").state.step == 6
    assert load_checkpoint(tmp_path, 5).training == {}


def test_best_before_the_first_validation_is_the_last(tmp_path):
    save(tmp_path, 1)
    save(tmp_path, 2)
    assert load_checkpoint(tmp_path, "best").state.step == 2


def test_pruning_keeps_the_newest_good_one_and_drops_damaged_ones_after_it(tmp_path):
    for step in (1, 2, 3, 4):
        save(tmp_path, step)
    prune(tmp_path, newest=2, best=None, keep=1)
    assert [checkpoint_files.step_of(path) for path in saved(tmp_path)] == [2]


def test_leftovers_of_a_killed_save_are_removed(tmp_path):
    save(tmp_path, 1)
    half = tmp_path / "checkpoints" / ".tmp-step-00000002-99"
    half.mkdir()
    (half / "model.safetensors").write_bytes(b"half")
    os.symlink("step-00000001", tmp_path / "checkpoints" / ".tmp-best-99")
    (tmp_path / ".tmp-done.json-99").write_bytes(b"{")
    assert newest_step(tmp_path) == 1
    remove_leftovers(tmp_path)
    assert names(tmp_path) == ["step-00000001"]
    assert os.listdir(tmp_path) == ["checkpoints"]


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(4, 3)
        self.output = nn.Linear(3, 4)
        self.output.weight = self.embedding.weight
        self.register_buffer("scale", torch.ones(2))


def test_tied_weights_are_stored_once(tmp_path):
    model, other = Tied(), Tied()
    assert set(named_weights(model)) == {"embedding.weight", "output.bias", "scale"}
    save_checkpoint(tmp_path, TrainingState(step=1), named_weights(model), {})
    assert weights_sha256(model) != weights_sha256(other)
    load_weights(other, load_checkpoint(tmp_path, 1).weights, "x")
    assert weights_sha256(model) == weights_sha256(other)
    assert other.output.weight is other.embedding.weight


def test_weights_of_another_architecture():
    model = Tied()
    wrong = {"a": torch.ones(1), "output.bias": torch.ones(5), "b": torch.ones(2, 3), "c": torch.ones(())}
    with pytest.raises(CheckpointError) as caught:
        load_weights(model, wrong, "step-00000001")
    assert str(caught.value) == (
        "step-00000001: the weights do not fit the model: a 1 is not in the model; b 2x3 is not in the model; "
        "c scalar is not in the model and 3 more"
    )


def test_a_file_that_cannot_be_replaced_is_named_by_its_own_name(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError) as caught:
        durable.replace_file(tmp_path / "file/b", b"")
    assert caught.value.filename == str(tmp_path / "file/b")
