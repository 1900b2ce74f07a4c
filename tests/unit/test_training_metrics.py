"""metrics.jsonl: what is appended, and what of a killed run is dropped."""

import json

import pytest

from nmt.errors import UserError
from nmt.training import tensorboard
from nmt.training.config import TrainConfig
from nmt.training.journal import Journal
from nmt.training.learner import Update
from nmt.training.metrics import MetricsLog
from nmt.training.state import TrainingState
from nmt.training.validation import Validation


def lines(path):
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


def test_lines_after_the_state_are_dropped(tmp_path):
    path = tmp_path / "metrics.jsonl"
    kept = [
        {"step": 5, "split": "train", "loss": 0.1},
        {"step": 8, "split": "valid", "bleu": 1.0},
        {"step": 10, "split": "train", "loss": 0.3},
    ]
    later = [{"step": 10, "split": "valid", "bleu": 2.0}, {"step": 15, "split": "train", "loss": 0.4}]
    text = "".join(json.dumps(line) + "\n" for line in [*kept, *later])
    path.write_text(text + '{"step": 3, "sp', encoding="utf-8")
    log = MetricsLog(path, TrainingState(step=10, scores=[(8, 1.0)]), pytest.fail)
    log.write({"step": 10, "split": "valid", "bleu": 3.0})
    log.close()
    assert lines(path) == [*kept, {"step": 10, "split": "valid", "bleu": 3.0}]
    assert [entry.name for entry in tmp_path.iterdir()] == ["metrics.jsonl"]


def test_a_new_run_begins_with_an_empty_file(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"step": 1, "split": "train"}\n')
    MetricsLog(path, TrainingState(), pytest.fail).close()
    assert path.read_bytes() == b""


def test_a_full_disk_is_one_warning():
    warnings = []

    class Full:
        def write(self, data):
            raise OSError(28, "No space left on device")

    log = MetricsLog.__new__(MetricsLog)
    log._path, log._warn, log._failed, log._file = "metrics.jsonl", warnings.append, False, Full()
    log.write({"step": 1})
    log.write({"step": 2})
    assert warnings == ["cannot write metrics.jsonl (No space left on device); training goes on"]


def test_journal_lines(tmp_path):
    state = TrainingState(step=0, epoch=1, lr=0.5, seconds=1.0)
    journal = Journal(tmp_path, TrainConfig(max_steps=9, log_every=2), state, pytest.fail)
    for step, loss, tokens in [(1, 4.0, 10), (2, 1.0, 30), (3, 9.0, 1), (4, 9.0, 1)]:
        state.step = step
        journal.add_update(state, Update(loss, 0.25 * step, tokens), seconds=0.5)
    journal.add_validation(state, Validation(2.0, 7.4, 12.5, "nrefs:1"))
    journal.close()
    shared = {"epoch": 1, "lr": 0.5, "seconds": 1.0}
    train = {"split": "train", **shared}
    assert lines(tmp_path / "metrics.jsonl") == [
        {"step": 2, "loss": 1.75, "grad_norm": 0.5, "target_tokens_per_s": 40.0, **train},
        {"step": 4, "loss": 9.0, "grad_norm": 1.0, "target_tokens_per_s": 2.0, **train},
        {"step": 4, "split": "valid", "loss": 2.0, "ppl": 7.4, "bleu": 12.5, "signature": "nrefs:1", **shared},
    ]


def test_tensorboard_missing_is_said_in_one_line(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch.utils.tensorboard", None)
    with pytest.raises(UserError, match=r'pip install "nmt-attention\[tensorboard\]"'):
        tensorboard.summary_writer()


def test_tensorboard_gets_the_numbers(monkeypatch, tmp_path):
    calls = []

    class Writer:
        def __init__(self, folder, purge_step):
            calls.append((folder, purge_step))

        def add_scalar(self, name, value, step):
            calls.append((name, value, step))

        def close(self):
            calls.append("closed")

    monkeypatch.setattr(tensorboard, "summary_writer", lambda: Writer)
    log = tensorboard.TensorBoardLog(tmp_path, 7)
    log.write({"step": 8, "epoch": 1, "split": "valid", "bleu": 1.5, "signature": "x"})
    log.close()
    assert calls == [(str(tmp_path), 7), ("valid/bleu", 1.5, 8), "closed"]
