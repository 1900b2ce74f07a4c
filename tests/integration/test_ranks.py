"""`nmt train --nproc 2`, with real processes: as one process trains, and whole again after a kill."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nmt.parallel import launcher

NMT = [Path(sys.executable).with_name("nmt")]
"""The command itself: with `python -m nmt` a rank starts in another way."""
FORKED = """
import multiprocessing
from nmt.cli import main
fork = multiprocessing.get_context("fork")
multiprocessing.get_context = lambda method: fork
main()
"""
"""The same, with ranks that need not import everything again."""
REPLAYED = """
from nmt.training.learner import Learner
from nmt.training.replay import Replays

make = Learner.__init__

def with_replays(self, *arguments):
    make(self, *arguments)
    parameters = list(self.named_parameters.values())
    places = lambda: [p.grad is not None and p.grad.data_ptr() for p in parameters]

    def record(run):
        run().end()
        begun, going_on = run(), []
        begun.end()
        before = places()

        def again():
            assert places() == before, "a gradient is elsewhere"
            losses, later = run()
            begun.losses.copy_(losses)
            going_on[:] = later

        assert len(begun.later) == 2
        return again, begun._replace(later=[piece._replace(run=lambda: going_on.pop(0).run()) for piece in begun.later])

    self.replays = Replays(parameters, record, print)

Learner.__init__ = with_replays
"""
"""Replays as those of CUDA graphs, which find weights and gradients where they were."""
STEPS = 50
AT_THE_END = {"done.json", "report.html"}
CHANGES = [
    "data.batching={sentences: 6, pool: 3}",
    "data.test={}",
    "train.max_steps=50",
    "train.log_every=1",
    "train.accumulate=2",
]


@pytest.fixture(scope="module")
def command(tiny, tmp_path_factory):
    """Arguments that train on 199 pairs: in each epoch one batch has a single pair, and so one rank has none."""
    folder = tmp_path_factory.mktemp("ranks")
    for side in ("en", "de"):
        lines = tiny.text(f"train.{side}").read_bytes().split(b"\n")[:199]
        (folder / side).write_bytes(b"\n".join(lines) + b"\n")
    data = f"data.train={{src: {folder / 'en'}, tgt: {folder / 'de'}}}"
    return ["train", f"--config={tiny.config}", *(f"--set={change}" for change in [data, *CHANGES])]


@pytest.fixture(scope="module")
def undisturbed(command, tmp_path_factory):
    run = tmp_path_factory.mktemp("two") / "run"
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    result = subprocess.run([*NMT, *ranks(command, run)], capture_output=True, timeout=600, env=environment)
    assert (result.returncode, result.stdout.decode(), result.stderr) == (0, f"report: {run}/report.html\n", b"")
    return run


@pytest.fixture
def start(forks):
    return lambda command, run: forks.start(FORKED, *ranks(command, run))


def ranks(command, run):
    return [*command, f"--run={run}", "--nproc=2", "--quiet"]


def finish(process, run):
    """Exit code and stderr. On stdout there is nothing but the report's path after an end that is no error."""
    code, out, err = process.finish()
    assert out.decode() == ("" if code else f"report: {run}/report.html\n")
    return code, err


def names(run):
    """What is in a run folder, but for the checkpoints of single steps."""
    found = {str(path.relative_to(run)) for path in run.rglob("*")}
    return {name for name in found if not name.startswith("checkpoints/step-")}


def losses(run):
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_bytes().split(b"\n")[:-1]]
    return [line["loss"] for line in lines if line["split"] == "train"]


def rank_process(process, rank):
    """The process of one of two ranks: started one after the other after all others, so their numbers rise."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
    return sorted(map(int, children))[-2:][rank]


def newest(run):
    return max(int(path.name.removeprefix("step-")) for path in run.glob("checkpoints/step-*"))


def wait_for_step(run, step, process):
    for _ in range(60000):
        if list(run.glob(f"checkpoints/step-{step:08d}")):
            return
        assert process.poll() is None, process.finish()
        time.sleep(0.01)
    pytest.fail("waited in vain")


def test_two_ranks_train_as_one_process(nmt, command, undisturbed, tmp_path):
    result = nmt(*command, f"--run={tmp_path / 'one'}")
    assert result.code == 0, result.err
    alone, together = losses(tmp_path / "one"), losses(undisturbed)
    assert len(alone) == len(together) == STEPS
    assert together == pytest.approx(alone, rel=1e-5)
    assert alone[-1] < 0.9 * alone[0]
    assert json.loads((undisturbed / "done.json").read_bytes())["step"] == STEPS


def test_ranks_that_replay_train_as_those_that_do_not(forks, command, undisturbed, tmp_path):
    run = tmp_path / "run"
    assert finish(forks.start(REPLAYED + FORKED, *ranks(command, run)), run) == (0, "")
    assert losses(run) == pytest.approx(losses(undisturbed), rel=1e-5)
    state = json.loads((run / "checkpoints" / "last" / "state.json").read_bytes())
    assert (state["environment"]["kernels"], state["environment"]["processes"]) == ("graphs", "2")


def test_a_rank_is_killed_then_all_are_stopped_then_the_run_is_whole(start, command, undisturbed, tmp_path):
    run, command = tmp_path / "run", [*command, "--set=train.validate_every=10"]
    process = start(command, run)
    wait_for_step(run, 10, process)
    os.kill(rank_process(process, 1), signal.SIGKILL)
    assert finish(process, run) == (1, "nmt: error: rank 1 was killed (SIGKILL); the same command continues\n")
    assert newest(run) < STEPS
    assert names(run) == names(undisturbed) - AT_THE_END

    process = start(command, run)
    wait_for_step(run, newest(run) + 10, process)
    process.send_signal(signal.SIGTERM)
    assert finish(process, run) == (143, f"nmt: error: stopped at step {newest(run)}; the same command continues\n")
    assert names(run) == names(undisturbed) - AT_THE_END
    assert finish(start(command, run), run) == (0, "")
    weights = [json.loads((path / "done.json").read_bytes())["last_weights_sha256"] for path in (run, undisturbed)]
    assert weights[0] == weights[1]
    assert losses(run) == losses(undisturbed)
    assert names(run) == names(undisturbed)


def test_wrong_input_is_found_before_a_process_starts(nmt, tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(launcher, "launch", pytest.fail)
    missing = nmt(
        "train", f"--config={tiny.config}", f"--run={tmp_path / 'run'}", "--nproc=2", "--set=data.train.src=no"
    )
    assert missing.code == 2
    assert "no such file" in missing.err
    assert not (tmp_path / "run").exists()
    monkeypatch.setenv("RANK", "0")
    twice = nmt("train", f"--config={tiny.config}", "--nproc=2")
    assert (twice.code, twice.out) == (2, b"")
    assert twice.err == "nmt: error: --nproc: another launcher has started this process already; leave it out\n"
