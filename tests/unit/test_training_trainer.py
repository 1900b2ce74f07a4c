"""The training loop on a model small enough to follow by hand: its loss is a sum over tokens of (w - target)^2."""

import json
import math
from collections import namedtuple
from dataclasses import replace

import pytest
import torch
from torch import nn

from nmt.data.config import BatchingConfig
from nmt.data.corpus import Corpus
from nmt.data.epochs import Epoch, Epochs
from nmt.errors import CheckpointError, NmtError, UserError
from nmt.models.loss import Loss
from nmt.text.vocab import EOS, PAD
from nmt.training import saver as saver_module
from nmt.training.average import Average
from nmt.training.checkpoint import SaveError, load_checkpoint
from nmt.training.config import TrainConfig
from nmt.training.job import Job
from nmt.training.learner import Learner, mix
from nmt.training.listener import Listener
from nmt.training.trainer import Trainer
from nmt.training.validation import Validation, corpus_loss


class Mean(nn.Module):
    """Learns the mean target id."""

    def __init__(self, start=0.0):
        super().__init__()
        self.w = nn.Parameter(torch.tensor(start))
        self.poison_step = math.inf
        self.poison = "nan"
        self.calls = 0

    def loss(self, batch, label_smoothing, guided=None):
        self.calls += 1
        real = batch.tgt_out_BT != PAD
        total = ((self.w - batch.tgt_out_BT) ** 2 * real).sum()
        if self.calls == self.poison_step:
            if self.poison == "memory":
                raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")
            total = total * float(self.poison) if self.poison != "norm" else total + torch.sqrt(self.w * 0)
        return Loss(total, total.detach(), batch.tokens)


class Ear(Listener):
    def __init__(self):
        self.steps, self.validations, self.messages = [], [], []

    def on_step(self, step, epoch, fraction, loss, tokens_per_s, seconds_left):
        self.steps.append((step, epoch, fraction, loss))

    def on_validation(self, step, epoch, validation, better):
        self.validations.append((step, epoch, validation.bleu, better))

    def on_message(self, message):
        self.messages.append(message)


def corpus():
    targets = [[4], [5, 5], [6, 6, 6], [7], [8, 8], [9]]
    return Corpus([[4]] * len(targets), targets, [10 + i for i in range(len(targets))])


def job(bleus=None, **changes):
    """Batches of one sentence; validation gives `bleus` one after the other, or the negative loss."""
    pairs = corpus()
    queue = iter(bleus or [])

    def validate(model):
        loss = corpus_loss(model, [batch([i]) for i in range(len(pairs))], torch.device("cpu"), autocast=False)
        return Validation(loss, math.exp(min(loss, 50)), next(queue) if bleus else -loss, "test")

    whole = Job(Epochs(pairs, BatchingConfig(sentences=1), 1), validate, torch.device("cpu"), "fp32", 1)
    return replace(whole, **changes)


def batch(ids):
    return Epoch(1, corpus(), []).batch(ids)


def config(**keys):
    return TrainConfig.model_validate({"optimizer": {"type": "sgd", "lr": 0.01}, "clip_norm": None} | keys)


def test_corpus_loss_is_a_mean_over_tokens_and_keeps_the_mode():
    model = Mean(5.0).train()
    batches = [batch([0]), batch([1, 5])]  # 4 EOS | 5 5 EOS | 9 EOS
    expected = (1 + (5 - EOS) ** 2 + 0 + 0 + (5 - EOS) ** 2 + 16 + (5 - EOS) ** 2) / 7
    assert corpus_loss(model, batches, torch.device("cpu"), autocast=False) == pytest.approx(expected)
    assert model.training


def test_accumulated_batches_are_one_big_batch():
    big, small = Mean(), Mean()
    Learner(big, config(max_steps=1), job()).update([batch([0, 1, 2])], step=1, lr=0.1)
    update = Learner(small, config(max_steps=1), job()).update([batch([i]) for i in (0, 1, 2)], step=1, lr=0.1)
    assert small.w.item() == pytest.approx(big.w.item(), rel=1e-6)
    assert update.tokens == 2 + 3 + 4


def test_the_mean_over_sentences_is_longer_by_the_tokens_of_a_sentence():
    by_tokens, by_sentences = (
        Learner(Mean(), config(max_steps=1, objective={"type": "cross_entropy", "mean_over": what}), job()).update(
            [batch([0, 1]), batch([2])], step=1, lr=0.1
        )
        for what in ("tokens", "sentences")
    )
    assert by_sentences.norm == pytest.approx(by_tokens.norm * (2 + 3 + 4) / 3, rel=1e-6)
    assert by_sentences.loss == by_tokens.loss


def test_the_objective_is_told_the_number_of_the_update(monkeypatch):
    learner, told = Learner(Mean(), config(max_steps=9, label_smoothing=0.25), job()), []
    loss = learner.objective.loss
    monkeypatch.setattr(learner.objective, "loss", lambda *parts: told.append(parts[2]) or loss(*parts))
    for step in (1, 7):
        learner.update([batch([0]), batch([1])], step=step, lr=0.1)
    assert [(setting.step, setting.label_smoothing) for setting in told] == [(1, 0.25)] * 2 + [(7, 0.25)] * 2


def test_clipping():
    model = Mean(0.0)
    update = Learner(model, config(max_steps=1, clip_norm=0.5), job()).update([batch([2])], step=1, lr=1.0)
    assert update.norm > 0.5
    assert model.w.item() == pytest.approx(0.5)


def test_average_equals_the_slow_formula():
    model = Mean(1.0)
    average = Average(model, decay=0.5)
    slow = 1.0
    for step, value in enumerate([3.0, -2.0, 7.0, 4.0, 0.5, 2.0, 9.0, 1.0, 5.0, 6.0], start=1):
        model.w.data.fill_(value)
        average.update(step)
        decay = min(0.5, (1 + step) / (10 + step))
        slow = decay * slow + (1 - decay) * value
        assert average.tensors()["w"].item() == pytest.approx(slow, rel=1e-6)
    with average.in_use():
        assert model.w.item() == pytest.approx(slow, rel=1e-6)
    assert model.w.item() == 6.0


def test_average_is_what_is_validated_and_saved(tmp_path):
    seen = []
    task = job()

    def validate(model):
        assert not model.training
        seen.append(model.w.item())
        return task.validate(model)

    model = Mean()
    Trainer(tmp_path, model, replace(task, validate=validate), config(max_steps=3, ema=0.9)).train()
    assert load_checkpoint(tmp_path, "last").weights["w"].item() == seen[-1] == model.w.item()


def test_random_seeds_do_not_repeat():
    assert len({mix(seed, step, micro) for seed in range(9) for step in range(99) for micro in range(3)}) == 9 * 99 * 3
    assert mix(1, 23, 4) != mix(12, 3, 4)


def test_a_run_from_end_to_end(tmp_path):
    ear = Ear()
    model = Mean()
    outcome = Trainer(tmp_path, model, job(bleus=[1.0, 3.0, 2.0]), config(max_epochs=3, log_every=4), ear).train()
    assert [(step, epoch) for step, epoch, _, _ in ear.steps] == [(s, (s - 1) // 6 + 1) for s in range(1, 19)]
    assert [fraction for _, _, fraction, _ in ear.steps] == pytest.approx([s / 18 for s in range(1, 19)])
    assert ear.validations == [(6, 1, 1.0, True), (12, 2, 3.0, True), (18, 3, 2.0, False)]
    assert (outcome.step, outcome.best_step, outcome.best) == (18, 12, 3.0)
    assert model.w.item() == load_checkpoint(tmp_path, "best").weights["w"].item()
    assert not model.training
    done = json.loads((tmp_path / "done.json").read_bytes())
    assert (done["step"], done["best"], done["weights_sha256"]) == (18, 3.0, outcome.weights_sha256)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_bytes().split(b"\n")[:-1]]
    assert [(line["step"], line["split"]) for line in lines] == [
        (4, "train"),
        (6, "valid"),
        (8, "train"),
        (12, "train"),
        (12, "valid"),
        (16, "train"),
        (18, "valid"),
    ]


def test_the_next_batch_is_made_before_an_update_ends_and_only_once(tmp_path, monkeypatch):
    events = []

    class Watched(Epoch):
        def batch(self, ids):
            events.append(("made", ids))
            return super().batch(ids)

    class Order(Epochs):
        def epoch(self, number):
            whole = super().epoch(number)
            return Watched(number, whole.corpus, whole.batches)

    job_ = job(data=Order(corpus(), BatchingConfig(sentences=1), 1))
    trainer = Trainer(tmp_path, Mean(), job_, config(max_epochs=2, validate_every=4, accumulate=2))
    step = trainer.learner.optimizer.step
    monkeypatch.setattr(trainer.learner.optimizer, "step", lambda: (events.append(("step", None)), step()))
    backward = trainer.learner._backward
    monkeypatch.setattr(
        trainer.learner,
        "_backward",
        lambda batch, *rest: (events.append(("used", batch.ids)), backward(batch, *rest))[1],
    )
    trainer.train()
    batches = [job_.data.epoch(number).batches for number in (1, 2)]
    made = [ids for kind, ids in events if kind == "made"]
    assert made == [ids for kind, ids in events if kind == "used"] == [*batches[0], *batches[1]]
    kinds = "".join(kind[0] for kind, _ in events)
    assert kinds == 2 * ("mm" + "uumms" + "uumms" + "uus")


def test_patience_ends_training(tmp_path):
    ear = Ear()
    bleus = [1.0, 2.0, 2.0, 1.5, 9.0]
    outcome = Trainer(tmp_path, Mean(), job(bleus), config(max_steps=99, validate_every=2, patience=2), ear).train()
    assert (outcome.step, outcome.best_step) == (8, 4)
    assert [better for *_, better in ear.validations] == [True, True, False, False]


def test_lowest_loss_is_best(tmp_path):
    outcome = Trainer(tmp_path, Mean(), job([1.0, 0.0]), config(max_steps=2, validate_every=1, metric="loss")).train()
    assert outcome.best_step == 2
    assert outcome.best > 0


@pytest.mark.parametrize(
    ("poison", "message"),
    [
        ("nan", r"^loss is nan at step 5 \(epoch 1\); sentences in lines 1\d; weights of step 4 kept$"),
        ("inf", r"^loss is inf at step 5 "),
        ("norm", r"^gradient norm is nan at step 5 "),
        ("memory", r"^out of memory at step 5: batch of 1 x [234] tokens; use less; weights of step 4 kept$"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_a_bad_update_stops_before_it_is_made(tmp_path, poison, message):
    model = Mean()
    task = job(memory_hint="use less", validate=lambda model: Validation(1.0, 2.7, 1.0, ""))
    model.poison_step, model.poison = 5, poison
    with pytest.raises(NmtError, match=message):
        Trainer(tmp_path, model, task, config(max_steps=9, validate_every=4)).train()
    assert model.w.item() == load_checkpoint(tmp_path, "last").weights["w"].item()


def test_the_first_bad_update_has_nothing_to_keep(tmp_path):
    model = Mean()
    model.poison_step = 1
    with pytest.raises(NmtError, match="no checkpoint was saved yet$"):
        Trainer(tmp_path, model, job(), config(max_steps=9)).train()


def test_nan_in_validation_stops(tmp_path):
    task = job(validate=lambda model: Validation(math.nan, math.nan, 1.0, ""))
    with pytest.raises(NmtError, match="loss is nan on the validation set at step 2"):
        Trainer(tmp_path, Mean(), task, config(max_steps=9, validate_every=2)).train()


def fail_saves(monkeypatch, steps):
    """Saving a step fails as often as `steps` says."""
    real, left = saver_module.save_checkpoint, dict(steps)

    def save(run, state, *tensors):
        left[state.step] = left.get(state.step, 0) - 1
        if left[state.step] >= 0:
            raise SaveError(f"cannot save step {state.step} (disk full)")
        return real(run, state, *tensors)

    monkeypatch.setattr(saver_module, "save_checkpoint", save)


def test_training_goes_on_after_a_failing_save(tmp_path, monkeypatch):
    fail_saves(monkeypatch, {4: 2})
    ear = Ear()
    outcome = Trainer(tmp_path, Mean(), job([1.0, 9.0, 2.0, 3.0]), config(max_steps=8, validate_every=2), ear).train()
    assert ear.messages == [f"cannot save step {step} (disk full); training goes on" for step in (4, 4)]
    assert (outcome.best_step, outcome.best) == (4, 9.0)
    assert load_checkpoint(tmp_path, "best").state.step == 4


def test_a_best_checkpoint_damaged_meanwhile_is_not_the_best(tmp_path):
    class Damage(Ear):
        def on_validation(self, step, epoch, validation, better):
            if step == 6:
                (tmp_path / "checkpoints/step-00000004/model.safetensors").write_bytes(b"")

    ear = Damage()
    outcome = Trainer(tmp_path, Mean(), job([1.0, 9.0, 2.0, 3.0]), config(max_steps=8, validate_every=2), ear).train()
    assert (outcome.best_step, outcome.best) == (8, 3.0)
    assert ear.messages == ["step-00000004: model.safetensors is damaged (size differs); using step-00000008"]
    assert load_checkpoint(tmp_path, "best").state.step == 8


def test_no_memory_in_a_validation(tmp_path):
    def validate(model):
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    task = job(validate=validate, validation_memory_hint="use less")
    with pytest.raises(NmtError, match="^out of memory in the validation at step 2; use less; no checkpoint was saved"):
        Trainer(tmp_path, Mean(), task, config(max_steps=9, validate_every=2)).train()


def test_three_failing_saves_in_a_row_stop(tmp_path, monkeypatch):
    fail_saves(monkeypatch, {2: 1, 3: 1, 4: 1})
    with pytest.raises(SaveError, match="cannot save step 4"):
        Trainer(tmp_path, Mean(), job(), config(max_steps=9, validate_every=1)).train()


def test_the_last_save_must_succeed(tmp_path, monkeypatch):
    fail_saves(monkeypatch, {9: 1})
    with pytest.raises(SaveError, match="cannot save step 9"):
        Trainer(tmp_path, Mean(), job(), config(max_steps=9)).train()


def test_too_small_a_disk_is_said_at_the_start(tmp_path, monkeypatch):
    usage, run = namedtuple("usage", "total free"), tmp_path / "none/run"
    monkeypatch.setattr(saver_module.shutil, "disk_usage", lambda path: usage(100, 10 if path == tmp_path else 100))
    with pytest.raises(
        UserError, match=r"^train\.keep_checkpoints 2 needs about 48 B in .*, 10 B are free; lower it, or choose"
    ):
        saver_module.require_space(run, config(max_steps=9), Mean())
    assert list(tmp_path.iterdir()) == []


def test_other_data_on_resume_is_refused(tmp_path):
    Trainer(tmp_path, Mean(), job(fingerprint={"train.de": "1a2b"}), config(max_steps=1)).train()
    with pytest.raises(CheckpointError, match=r"^train\.de changed since the run started \(was 1a2b, is 3c4d\)"):
        Trainer(tmp_path, Mean(), job(fingerprint={"train.de": "3c4d"}), config(max_steps=2)).train()
    with pytest.raises(CheckpointError, match=r"^train\.optimizer changed .*\(was sgd, is adam\)"):
        Trainer(tmp_path, Mean(), job(), config(max_steps=2, optimizer={"type": "adam"})).train()


def test_time_spent_before_a_resume_counts(tmp_path, monkeypatch):
    clock = iter(range(0, 10**6, 10))  # every look at the clock takes 10 s
    monkeypatch.setattr("nmt.training.trainer.monotonic", lambda: float(next(clock)))
    first = Trainer(tmp_path, Mean(), job(), config(max_steps=2)).train()
    assert first.seconds > 20
    second = Trainer(tmp_path, Mean(), job(), config(max_minutes=(first.seconds + 1) / 60)).train()
    assert second.step == 3
