"""Trainings with compiled loops and without: the same curve, and each run knows which it was."""

import json
import signal

import pytest

from nmt.commands.progress import Screen
from nmt.kernels import build, kernels, product
from nmt.kernels.build import load_library
from nmt.kernels.kernels import use_kernels

STEPS = 20
CHANGES = [
    f"train.max_steps={STEPS}",
    f"train.validate_every={STEPS // 2}",
    "train.log_every=1",
    "data.test={}",
    "model.encoder.dim=32",
    "model.decoder={type: bahdanau, dim: 32, maxout: 32, attention: {scorer: {type: concat, dim: 32}}}",
]
PRECISIONS = {"fp32": 1e-4, "bf16": 6e-2}
"""How far the losses may be apart, of about 4 nats."""

needs_compiler = pytest.mark.skipif(load_library() is None, reason="there is no g++, so there are no compiled loops")


@pytest.fixture
def train(nmt, tiny, tmp_path):
    """Trains with these keys; its result and run folder."""

    def start(name, *changes):
        flags = [part for change in (*CHANGES, *changes) for part in ("--set", change)]
        return nmt("train", "--config", tiny.config, "--run", tmp_path / name, *flags), tmp_path / name

    return start


@pytest.fixture
def forget(monkeypatch):
    """Lets the library be looked for again, as in a new process; also at the end."""

    def clear():
        for cached in (build.load_library, kernels._find, product._granted):
            cached.cache_clear()

    yield clear
    monkeypatch.undo()
    clear()


def losses(run):
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    return [line["loss"] for line in lines]


def told(run):
    """Which loops the newest checkpoint was trained with."""
    state = json.loads((run / "checkpoints/last/state.json").read_text(encoding="utf-8"))
    return state["environment"]["kernels"]


@needs_compiler
@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_same_curve(train, precision):
    curves = {}
    for setting in ("auto", "off"):
        result, run = train(setting, f"precision={precision}", f"kernels={setting}")
        assert result.code == 0, result.err
        assert told(run) == {"auto": "compiled", "off": "none"}[setting]
        curves[setting] = losses(run)
    assert len(curves["off"]) == STEPS + 2
    assert curves["auto"] == pytest.approx(curves["off"], rel=0, abs=PRECISIONS[precision])
    assert curves["auto"] != curves["off"], "the loops were used"
    assert curves["off"][-1] < curves["off"][0] - 0.5


@needs_compiler
def test_a_run_goes_on_as_it_began(train):
    """Another setting is another config."""
    result, run = train("run")
    assert result.code == 0, result.err
    result, _ = train("run", "kernels=off")
    assert result.code == 2
    assert result.err.count("\n") == 1
    assert "was started with another config (kernels: auto there, off here)" in result.err


@needs_compiler
@pytest.mark.parametrize("setting", ["auto", "off"])
def test_translating_keeps_to_the_config(train, nmt, monkeypatch, setting):
    result, run = train("run", f"kernels={setting}", "train.max_steps=1")
    assert result.code == 0, result.err
    looked_for, find = [], kernels._find
    monkeypatch.setattr(kernels, "_find", lambda *name: looked_for.append(name) or find(*name))
    use_kernels(True)
    result = nmt("translate", run, stdin=b"The man sleeps .\n")
    assert (result.code, len(result.lines)) == (0, 1), result.err
    assert bool(looked_for) == (setting == "auto")


@needs_compiler
def test_a_compiler_that_is_gone(train, monkeypatch, tmp_path, forget):
    """The run continues without compiled loops, and says so."""
    with monkeypatch.context() as patched:
        patched.setattr(Screen, "on_step", lambda *_: signal.raise_signal(signal.SIGTERM))
        result, run = train("run")
    assert (result.code, told(run)) == (143, "compiled"), result.err
    monkeypatch.setenv("PATH", str(tmp_path))
    forget()
    result, _ = train("run")
    assert (result.code, told(run)) == (0, "none"), result.err
    assert "not bit-identical: kernels compiled -> none\n" in result.err
    assert len(losses(run)) == STEPS + 2
