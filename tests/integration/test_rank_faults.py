"""What one of two processes does wrong while the other one is well: it hangs, its loss is NaN, it is not there again.

The ranks are forked, not started anew, and wait four seconds for the one that hangs, not two
minutes.
"""

import json
import re

import pytest

FORKED = """
import multiprocessing, os, sys, time
from datetime import timedelta
import nmt.pipeline.training, sacrebleu, torch
from nmt.cli import main
from nmt.parallel import launcher, ranks
from nmt.training.learner import Learner
launcher.GRACE = 1.0
fork, backward = multiprocessing.get_context("fork"), Learner._backward
multiprocessing.get_context = lambda method: fork
def faulty(self, batch, place, *rest):
    losses = backward(self, batch, place, *rest)
    if os.environ["RANK"] == "1" and place[0] == 3 and fault == "hang":
        time.sleep(1000)
    return losses * float("nan") if os.environ["RANK"] == "1" and place[0] == 3 and fault == "nan" else losses
Learner._backward = faulty
fault = sys.argv.pop(1)
ranks.ANSWER = timedelta(seconds=4 if fault == "hang" else 120)
main()
"""
CHANGES = ["--set=data.test={}", "--set=train.max_steps=4", "--set=train.validate_every=2"]
STOPPED = {"alignments", "checkpoints", "config.yaml", "data_report.json", "env.json", "eval", "log.txt"}
STOPPED |= {".lock", "metrics.jsonl", "vocab"}


@pytest.fixture
def end(forks, tiny, tmp_path):
    """Run, exit code and stderr of a training of two processes by what is wrong with the second one; nothing is on
    stdout, and nothing is in the run that a training which was stopped does not have."""

    def train(fault):
        flags = ["--quiet", "--nproc=2", f"--config={tiny.config}", f"--run={tmp_path / 'run'}", *CHANGES]
        code, out, said = forks.run(FORKED, fault, "train", *flags)
        run = tmp_path / "run"
        assert out == b""
        assert [path.name for path in tmp_path.iterdir()] == ["run"]
        assert {path.name for path in run.iterdir()} == STOPPED
        assert {path.name for path in (run / "checkpoints").iterdir()} == {"best", "last", "step-00000002"}
        assert not any((run / "eval").iterdir()) and not list(run.rglob(".tmp*"))
        return run, code, said

    return train


def test_a_rank_hangs_then_another_number_of_processes_continues(end, nmt, tiny):
    run, code, said = end("hang")
    assert (code, said) == (1, "nmt: error: rank 1 did not answer; the same command continues\n")
    result = nmt("train", f"--config={tiny.config}", f"--run={run}", *CHANGES)
    assert result.code == 0, result.err
    assert result.lines == [f"report: {run}/report.html"] and "Traceback" not in result.err
    assert "\nnot bit-identical: processes 2 -> 1\ncontinuing at step 2\n" in result.err
    assert json.loads((run / "done.json").read_bytes())["step"] == 4
    assert {path.name for path in run.iterdir()} == {*STOPPED, "done.json", "report.html"}
    assert not list(run.rglob(".tmp*"))


def test_nan_on_one_rank_stops_all_at_the_same_step(end):
    run, code, said = end("nan")
    assert code == 1
    lines = r"(\d+, ){9}\d+ and 10 more"
    problem = rf"nmt: error: loss is nan at step 3 \(epoch 1\); sentences in lines {lines}; weights of step 2 kept\n"
    assert re.fullmatch(problem, said)
