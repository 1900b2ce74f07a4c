"""The mean of checkpoints, against numbers typed by hand."""

import errno
import os

import pytest
import torch

from nmt.errors import CheckpointError, UserError
from nmt.training import checkpoint
from nmt.training.checkpoint import SaveError, latest_valid, load_checkpoint, save_checkpoint
from nmt.training.checkpoint_average import average_checkpoints
from nmt.training.checkpoint_files import link, prune, remove_leftovers
from nmt.training.state import TrainingState

VALUES = {10: [1.0, 2.0], 20: [4.0, 0.0], 30: [-2.0, 7.0], 40: [5.0, 5.0]}
SCORES = [(10, 0.3), (20, 0.9), (30, 0.1), (40, 0.3)]


@pytest.fixture
def run(tmp_path):
    """Four checkpoints of two weights and a counter; training was with these scores."""
    for number, (step, values) in enumerate(VALUES.items(), start=1):
        state = TrainingState(step, scores=SCORES[:number], fingerprint={"a": "b"}, environment={"torch": "2"})
        weights = {"w": torch.tensor(values), "count": torch.tensor(step)}
        save_checkpoint(tmp_path, state, weights, {"optimizer.m": torch.zeros(2)})
    link(tmp_path, "last", 40)
    link(tmp_path, "best", 20)
    return tmp_path


@pytest.mark.parametrize(
    ("flags", "steps", "mean"),
    [
        ({}, [10, 20, 30, 40], [2.0, 3.5]),
        ({"last": 1}, [40], [5.0, 5.0]),
        ({"last": 3}, [20, 30, 40], [7 / 3, 4.0]),
        ({"best": 1}, [20], [4.0, 0.0]),
        ({"best": 2}, [10, 20], [2.5, 1.0]),
        ({"best": 3}, [10, 20, 40], [10 / 3, 7 / 3]),
    ],
    ids=str,
)
def test_means_by_hand(run, flags, steps, mean):
    path, found = average_checkpoints(run, **flags)
    assert (path, found) == (run / "checkpoints/average", steps)
    assert sorted(os.listdir(path)) == ["MANIFEST.json", "model.safetensors", "state.json"]
    average = load_checkpoint(run, "average")
    assert average.path.name == "average"
    assert torch.equal(average.weights["w"], torch.tensor(mean, dtype=torch.float64).float())
    assert average.weights["count"].item() == 40
    assert average.state.fingerprint == {"a": "b"}
    assert average.state.environment == {"torch": "2", "averaged steps": " ".join(map(str, steps))}


def test_the_sum_is_exact_where_float32_is_not(tmp_path):
    for step, value in ((1, 2.0**25), (2, 1.0), (3, -(2.0**25))):
        save_checkpoint(tmp_path, TrainingState(step), {"w": torch.tensor([value])}, {})
    average_checkpoints(tmp_path)
    assert load_checkpoint(tmp_path, "average").weights["w"].item() == pytest.approx(1 / 3)


def test_training_takes_no_notice_of_it(run):
    average_checkpoints(run)
    assert latest_valid(run, pytest.fail).state.step == 40
    assert [load_checkpoint(run, which).state.step for which in ("best", "last", 30)] == [20, 40, 30]
    prune(run, newest=40, best=20, keep=1)
    remove_leftovers(run)
    assert sorted(os.listdir(run / "checkpoints")) == ["average", "best", "last", "step-00000020", "step-00000040"]
    assert load_checkpoint(run, "average").weights["w"].tolist() == [2.0, 3.5]


def test_a_second_average_takes_the_place_of_the_first(run):
    average_checkpoints(run)
    average_checkpoints(run, last=2)
    assert load_checkpoint(run, "average").weights["w"].tolist() == [1.5, 6.0]
    assert [name for name in os.listdir(run / "checkpoints") if "average" in name] == ["average"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_failing_disk_leaves_the_one_before(run, monkeypatch, code):
    average_checkpoints(run)

    def fail(path, data):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(checkpoint, "write_synced", fail)
    with pytest.raises(SaveError, match=r"^cannot save the average \(.*\); last good checkpoint: step-00000040$"):
        average_checkpoints(run, last=2)
    assert load_checkpoint(run, "average").weights["w"].tolist() == [2.0, 3.5]
    assert not [name for name in os.listdir(run / "checkpoints") if name.startswith(".tmp")]


def test_more_than_there_are(run):
    with pytest.raises(
        UserError, match=r"^--last 5: .* holds 4 such checkpoints \(10, 20, 30, 40\); train.keep_checkpoints says "
    ):
        average_checkpoints(run, last=5)
    with pytest.raises(UserError, match=r"^--best 5: .* holds 4 such checkpoints"):
        average_checkpoints(run, best=5)


def test_a_damaged_one_is_named(run):
    (run / "checkpoints/step-00000020/model.safetensors").write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"^step-00000020: model.safetensors is damaged \(size differs\)$"):
        average_checkpoints(run)
    assert not (run / "checkpoints/average").exists()


def test_no_average_yet(run):
    with pytest.raises(CheckpointError, match=r": no averaged checkpoint; make it with: nmt average "):
        load_checkpoint(run, "average")


def test_no_run(tmp_path):
    with pytest.raises(CheckpointError, match="no checkpoint here"):
        average_checkpoints(tmp_path)
