"""A training stopped, killed or damaged anywhere ends with the weights of one that was left alone, bit for bit."""

import errno
import json
import math
import os
import random
import signal
from dataclasses import replace

import pytest
import torch

from nmt.data.config import BatchingConfig
from nmt.data.corpus import Corpus
from nmt.data.epochs import Epoch, Epochs
from nmt.data.guide import Guide
from nmt.data.subword_sampling import subword_sampling
from nmt.errors import NmtError, Stopped
from nmt.models.config import ModelConfig
from nmt.models.seq2seq import Seq2Seq
from nmt.text.tokenizers.sentencepiece import SentencePiece
from nmt.text.vocab import VocabConfig
from nmt.training import durable
from nmt.training.config import TrainConfig
from nmt.training.job import Job
from nmt.training.learner import Learner
from nmt.training.listener import Listener
from nmt.training.signals import Signals
from nmt.training.trainer import Trainer
from nmt.training.validation import Validation, corpus_loss

VOCAB, PAIRS, STEPS = 20, 13, 20

MODEL = {
    "embedding": {"dim": 6, "dropout": 0.3, "tie": "output"},
    "encoder": {"type": "rnn", "dim": 5},
    "decoder": {"type": "bahdanau", "dim": 5, "maxout": 6, "dropout": 0.3},
}
FULL = {
    "max_steps": STEPS,
    "accumulate": 2,
    "ema": 0.8,
    "label_smoothing": 0.1,
    "optimizer": {"type": "adam", "lr": 0.02},
    "schedule": {"type": "plateau", "patience": 1, "factor": 0.7},
    "patience": 9,
    "validate_every": 4,
    "log_every": 3,
}
OTHERS = [
    {"max_epochs": 6, "optimizer": {"type": "adadelta"}, "schedule": {"type": "cosine", "warmup_steps": 3}},
    {
        "max_steps": STEPS,
        "optimizer": {"type": "sgd", "momentum": 0.5},
        "schedule": {"type": "halving", "start_epoch": 1},
    },
    {"max_steps": STEPS, "patience": 1, "metric": "loss", "optimizer": {"type": "adamw", "lr": 0.2}},
    {"max_steps": 14, "objective": {"type": "r_drop"}},
    {"max_steps": 14, "objective": {"type": "scheduled_sampling", "decay": {"type": "exponential", "k": 0.9}}},
    {"max_steps": 14, "objective": {"type": "minimum_risk", "samples": 3, "alpha": 0.5}},
]


class Crash(Exception):
    """Stands for kill -9: nothing is saved on the way out."""


class At(Listener):
    """Does something after some updates."""

    def __init__(self, steps=(), action=None):
        self.steps, self.action, self.messages = set(steps), action, []

    def on_step(self, step, epoch, fraction, loss, tokens_per_s, seconds_left):
        if step in self.steps:
            self.action()

    def on_message(self, message):
        self.messages.append(message)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def make_job(precision="fp32", resample=None, guide=None):
    words = random.Random(3)
    sides = [[[words.randrange(4, VOCAB) for _ in range(words.randrange(1, 7))] for _ in range(PAIRS)] for _ in "st"]
    corpus = Corpus(sides[0], sides[1], list(range(1, PAIRS + 1)))
    everything = Epoch(1, corpus, []).batch(list(range(PAIRS)))
    device = torch.device("cpu")

    def validate(model):
        torch.rand(17)  # draws that must not shift training
        loss = corpus_loss(model, [everything], device, autocast=False)
        return Validation(loss, 2.718**loss, round(1000 * loss) % 7, "a metric that goes up and down")

    data = Epochs(corpus, BatchingConfig(sentences=2, pool=2), 5, resample, guide)
    return Job(data, validate, device, precision, 5)


def train(run, keys=FULL, job=None, listener=None, model=MODEL):
    torch.manual_seed(1)
    model = Seq2Seq(ModelConfig.model_validate(model), src_vocab=VOCAB, tgt_vocab=VOCAB)
    with Signals() as signals:
        config = TrainConfig.model_validate(keys)
        return Trainer(run, model, job or make_job(), config, listener, signals).train()


def hashes(outcome):
    return outcome.step, outcome.best_step, outcome.best, outcome.weights_sha256, outcome.last_weights_sha256


def metrics(run):
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_bytes().split(b"\n")[:-1]]
    measured = ("step", "epoch", "split", "lr", "grad_norm", "bleu")
    return [{name: line.get(name) for name in measured} for line in lines]


def send(number):
    return lambda: os.kill(os.getpid(), number)


def crash():
    raise Crash


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    run = tmp_path_factory.mktemp("reference")
    torch.set_num_threads(1)
    return hashes(train(run)), metrics(run)


def test_the_reference_uses_what_it_should(reference):
    outcome, lines = reference
    assert outcome[0] == STEPS
    assert outcome[1] != STEPS
    assert len({line["lr"] for line in lines}) > 1
    assert {line["epoch"] for line in lines} >= {1, 2, 3, 4}


@pytest.mark.parametrize("stop", [1, 4, 7, 19, 20])
def test_stopped_by_a_signal(tmp_path, reference, stop):
    with pytest.raises(Stopped, match=rf"^stopped at step {stop}; ") as caught:
        train(tmp_path, listener=At([stop], send(signal.SIGTERM)))
    assert caught.value.exit_code == 143
    ear = At()
    assert hashes(train(tmp_path, listener=ear)) == reference[0]
    assert ear.messages == [f"continuing at step {stop}"]
    assert metrics(tmp_path) == reference[1]


def test_stopped_after_every_update(tmp_path, reference):
    for step in range(1, STEPS + 1):
        with pytest.raises(Stopped, match=rf"at step {step};"):
            train(tmp_path, listener=At([step], send(signal.SIGINT)))
    assert hashes(train(tmp_path)) == reference[0]


@pytest.mark.parametrize("stop", [2, 5, 7, 11, 18])
def test_killed(tmp_path, reference, stop):
    with pytest.raises(Crash):
        train(tmp_path, listener=At([stop], crash))
    assert hashes(train(tmp_path)) == reference[0]
    assert metrics(tmp_path) == reference[1]


@pytest.mark.parametrize("number", [1, 3])
def test_stopped_during_a_validation(tmp_path, reference, number):
    job, count = make_job(), iter(range(1, 99))

    def validate(model):
        if next(count) == number:
            send(signal.SIGTERM)()
            pytest.fail("the validation was to be interrupted")
        return job.validate(model)

    with pytest.raises(Stopped, match=rf"^stopped at step {4 * number}; "):
        train(tmp_path, job=replace(job, validate=validate))
    assert hashes(train(tmp_path)) == reference[0]
    assert metrics(tmp_path) == reference[1]


@pytest.mark.parametrize("stop", [1, 6, 9])
def test_stopped_between_two_batches_of_an_update(tmp_path, monkeypatch, reference, stop):
    """A signal in the first batch of update `stop`: the second is not begun, and what was gathered is gathered anew."""
    updates, real = [], Learner._backward

    def backward(learner, batch, place, *rest):
        updates.append(place)
        if place == (stop, 0):
            send(signal.SIGTERM)()
        return real(learner, batch, place, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(Learner, "_backward", backward)
        with pytest.raises(Stopped, match=rf"^stopped at step {stop - 1}; "):
            train(tmp_path)
    assert updates[-1] == (stop, 0)
    assert hashes(train(tmp_path)) == reference[0]
    assert metrics(tmp_path) == reference[1]


def full_disk(patch, begin, end):
    """The disk operations from number `begin` up to `end` fail; gives the list of all that were tried."""
    tried = []

    def watch(module, name):
        real = getattr(module, name)

        def operation(*arguments, **options):
            tried.append(name)
            if begin <= len(tried) < end:
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(*arguments, **options)

        patch.setattr(module, name, operation)

    patch.setattr(durable, "open", open, raising=False)
    watch(durable, "open")
    for name in ("fsync", "rename", "replace", "symlink"):
        watch(os, name)
    return tried


@pytest.fixture(scope="module")
def operations(tmp_path_factory, reference):
    """How many disk operations an undisturbed training makes."""
    with pytest.MonkeyPatch.context() as patch:
        tried = full_disk(patch, 0, 0)
        assert hashes(train(tmp_path_factory.mktemp("counted"))) == reference[0]
    assert len(tried) > 70
    return len(tried)


@pytest.mark.parametrize(("share", "length"), [(0.02, 2), (0.1, 1), (0.3, 2), (0.4, 1), (0.55, 2)])
def test_a_disk_that_is_full_for_a_moment_changes_nothing(tmp_path, operations, reference, share, length):
    """For one operation, or for one in each of two saves; the last save is not among them."""
    begin, ear = int(share * operations), At()
    with pytest.MonkeyPatch.context() as patch:
        full_disk(patch, begin, begin + length)
        assert hashes(train(tmp_path, listener=ear)) == reference[0]
    assert len(ear.messages) == length
    assert metrics(tmp_path) == reference[1]
    assert not list(tmp_path.rglob(".tmp*"))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.66, 0.97, 0.995])
def test_a_disk_that_stays_full_keeps_what_was_saved(tmp_path, operations, reference, share):
    begin = int(share * operations)
    with pytest.MonkeyPatch.context() as patch:
        full_disk(patch, begin, math.inf)
        with pytest.raises((NmtError, OSError)):
            train(tmp_path)
    assert not list(tmp_path.rglob(".tmp*"))
    newest = max((int(path.name[5:]) for path in tmp_path.glob("checkpoints/step-*")), default=None)
    ear = At()
    assert hashes(train(tmp_path, listener=ear)) == reference[0]
    assert ear.messages == ([] if newest is None else [f"continuing at step {newest}"])
    assert metrics(tmp_path) == reference[1]


def test_a_save_on_demand_changes_nothing(tmp_path, reference):
    class SaveThenCrash(Listener):
        def on_step(self, step, epoch, fraction, loss, tokens_per_s, seconds_left):
            if step == 6:
                send(signal.SIGUSR1)()
            if step == 7:
                crash()

    with pytest.raises(Crash):
        train(tmp_path, listener=SaveThenCrash())
    assert (tmp_path / "checkpoints" / "step-00000006").is_dir()
    assert hashes(train(tmp_path)) == reference[0]


def test_newest_checkpoint_damaged(tmp_path, reference):
    with pytest.raises(Crash):
        train(tmp_path, listener=At([14], crash))
    weights = tmp_path / "checkpoints" / "step-00000012" / "training.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    ear = At()
    assert hashes(train(tmp_path, listener=ear)) == reference[0]
    assert ear.messages == [
        "step-00000012: training.safetensors is damaged (size differs); using step-00000008",
        "continuing at step 8",
    ]


@pytest.mark.parametrize("keys", OTHERS, ids=["adadelta", "sgd", "adamw", "r_drop", "scheduled", "risk"])
def test_other_optimizers_schedules_and_objectives(tmp_path, keys):
    expected = hashes(train(tmp_path / "a", keys))
    with pytest.raises(Crash):
        train(tmp_path / "b", keys, listener=At([9], crash))
    with pytest.raises(Stopped):
        train(tmp_path / "b", keys, listener=At([13], send(signal.SIGHUP)))
    assert hashes(train(tmp_path / "b", keys)) == expected


def test_bf16(tmp_path):
    expected = hashes(train(tmp_path / "a", job=make_job("bf16")))
    with pytest.raises(Stopped):
        train(tmp_path / "b", job=make_job("bf16"), listener=At([7], send(signal.SIGTERM)))
    assert hashes(train(tmp_path / "b", job=make_job("bf16"))) == expected


@pytest.fixture
def subwords(tmp_path):
    """Makes a job whose pieces are drawn anew in each epoch; with links of each word to itself, but of the last one."""
    path, words = tmp_path / "text", random.Random(4)
    texts = ["".join(words.choice("ab ") for _ in range(9)) + "abab" for _ in range(PAIRS)]
    path.write_text("\n".join(texts), encoding="utf-8")
    tokenizer = SentencePiece.fit(SentencePiece.Config(sampling=0.5), VocabConfig(size=10), [path])
    ids, both = tokenizer.encode_all(texts), (tokenizer, tokenizer)
    pairs = Corpus(ids, ids, list(range(1, PAIRS + 1)))
    links = [[(word, word) for word in range(len(text.split()) - 1)] for text in texts]

    def job(guided=False):
        resample = subword_sampling(pairs, [(text, text) for text in texts], both, 40, 5)
        return make_job(resample=resample, guide=Guide(links, both, unlinked=True) if guided else None)

    return job


def interrupted(run, keys, job, model=MODEL):
    """How a run ends that is killed and stopped on the way, each in the middle of an epoch."""
    with pytest.raises(Crash):
        train(run, keys, job(), At([4], crash), model)
    with pytest.raises(Stopped):
        train(run, keys, job(), At([8], send(signal.SIGTERM)), model)
    return hashes(train(run, keys, job(), model=model))


def test_pieces_drawn_for_each_epoch(tmp_path, subwords):
    keys = {"max_steps": 10, "validate_every": 3}
    assert interrupted(tmp_path / "b", keys, subwords) == hashes(train(tmp_path / "a", keys, subwords()))
    assert len({str(subwords().data.epoch(number).corpus) for number in (1, 2, 3)}) == 3


@pytest.mark.parametrize(
    ("head", "guided"),
    [(None, {"loss": "cross_entropy"}), ({"dim": 4}, {"loss": "multiplied"}), ({"dim": 4, "learn": "detached"}, {})],
    ids=["attention", "head", "detached head"],
)
def test_guided_alignment(tmp_path, subwords, head, guided):
    model = MODEL | {"alignment_head": head}
    strong, weak = (
        {"max_steps": 10, "validate_every": 3, "guided_alignment": {**guided, "weight": w}} for w in (2, 0.1)
    )
    expected = hashes(train(tmp_path / "a", strong, subwords(guided=True), model=model))
    assert expected != hashes(train(tmp_path / "c", weak, subwords(guided=True), model=model))
    assert interrupted(tmp_path / "b", strong, lambda: subwords(guided=True), model) == expected


def test_number_of_validations_changes_nothing(tmp_path):
    keys = {"max_steps": 9, "validate_every": 9}
    seldom = train(tmp_path / "a", keys)
    often = train(tmp_path / "b", keys | {"validate_every": 1})
    assert seldom.last_weights_sha256 == often.last_weights_sha256
