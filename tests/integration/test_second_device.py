"""Commands on a device besides the processor, as on a GPU: the same losses and translations, and none of its tensors
meets one of the processor's."""

import json

import pytest

from .conftest import call

COMMAND = """
import os, signal, sys
import torch
from nmt import device
from nmt.cli import main
from nmt.training.learner import Learner
from tests.second_device import ELSEWHERE, SecondDevice, move

stop, update = int(sys.argv.pop(1)), Learner.update

def stopping(self, batches, step, *rest):
    if step == stop:
        os.kill(os.getpid(), signal.SIGTERM)
    return update(self, batches, step, *rest)

Learner.update = stopping
device.resolve_device = lambda name: ELSEWHERE
torch.nn.Module.to = lambda self, place: move(self)
with SecondDevice():
    main()
"""
CHANGES = [
    "precision=fp32",
    "kernels=off",
    "model.alignment_head={dim: 8}",
    "train={max_steps: 6, validate_every: 3, log_every: 1, accumulate: 2, ema: 0.9, guided_alignment: {}}",
]


@pytest.fixture(scope="module")
def elsewhere(forks):
    return lambda *arguments, stop=0, stdin="/dev/null": forks.run(COMMAND, stop, *arguments, stdin=stdin)


@pytest.fixture(scope="module")
def command(tiny):
    return ["train", "--config", tiny.config, *(f"--set={change}" for change in CHANGES), "--quiet", "--run"]


@pytest.fixture(scope="module")
def here(command, tmp_path_factory):
    run = tmp_path_factory.mktemp("devices") / "here"
    assert call(*command, run).code == 0
    return run


@pytest.fixture(scope="module")
def there(elsewhere, command, tmp_path_factory):
    run = tmp_path_factory.mktemp("devices") / "there"
    assert elsewhere(*command, run)[::2] == (0, "")
    return run


def losses(run):
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_bytes().splitlines()]
    return [line["loss"] for line in lines if "loss" in line]


def test_training_there_is_that_on_the_processor(here, there):
    assert len(losses(here)) == 8
    assert losses(there) == pytest.approx(losses(here), rel=1e-5)
    assert (there / "eval" / "test.hyp").read_bytes() == (here / "eval" / "test.hyp").read_bytes()
    state = json.loads((there / "checkpoints" / "last" / "state.json").read_bytes())
    assert state["environment"]["kernels"] == "none"


def test_a_stopped_training_goes_on_there(elsewhere, command, there, tmp_path):
    run = tmp_path / "run"
    code, _, err = elsewhere(*command, run, stop=5)
    assert (code, err) == (143, "nmt: error: stopped at step 4; the same command continues\n")
    assert elsewhere(*command, run)[::2] == (0, "")
    weights = [json.loads((path / "done.json").read_bytes())["last_weights_sha256"] for path in (run, there)]
    assert weights[0] == weights[1]


@pytest.mark.parametrize(
    "flags",
    [["--nbest=2", "--replace-unk"], ["--sample", "--top-k=5", "--top-p=0.9"], ["--prefix-file={beginnings}"]],
)
def test_translations_there_are_those_of_the_processor(elsewhere, tiny, here, flags, tmp_path):
    (tmp_path / "beginnings").write_text("Die\n\n\nEin\n\n\n", encoding="utf-8")
    command = ["translate", here, "--json", *(flag.format(beginnings=tmp_path / "beginnings") for flag in flags)]
    code, out, err = elsewhere(*command, stdin=tiny.text("dev.en"))
    expected = call(*command, "--device=cpu", stdin=tiny.text("dev.en").read_bytes())
    assert (code, err) == (expected.code, expected.err) == (0, "")
    found, wanted = ([json.loads(line) for line in text.splitlines()] for text in (out, expected.out))
    assert [one["hyp"] for one in found] == [one["hyp"] for one in wanted]
    assert [one["score"] for one in found] == pytest.approx([one["score"] for one in wanted], abs=1e-4)


@pytest.mark.parametrize("name", ["score", "align-export"])
def test_given_pairs_there_are_those_of_the_processor(elsewhere, tiny, here, name):
    pairs = ["--source", tiny.text("dev.en"), "--target", tiny.text("dev.de")]
    given = [name, here, *pairs, *["--output=-"] * (name == "align-export")]
    code, out, err = elsewhere(*given)
    expected = call(*given, "--device=cpu")
    assert (code, err) == (expected.code, expected.err) == (0, "")
    assert len(out.splitlines()) == 6
    if name == "score":
        found, wanted = ([float(line.split()[0]) for line in text.splitlines()] for text in (out, expected.out))
        assert found == pytest.approx(wanted, rel=1e-4)
    else:
        assert out == expected.out
