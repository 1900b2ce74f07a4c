"""What one of two processes does wrong while the other one is well: it hangs, its loss is NaN, it is not there again.

The ranks are forked from a process that has imported everything, and wait four seconds for the one that hangs, not two
minutes.
"""

import json
import os
import re
import subprocess
import sys

import pytest

FORKED = """
import json, multiprocessing, os, sys, time
from datetime import timedelta
import nmt.pipeline.training, sacrebleu, torch
from nmt.cli import main
from nmt.parallel import launcher, ranks
from nmt.training.learner import Learner
launcher.GRACE = 1.0
fork, backward = multiprocessing.get_context("fork"), Learner._backward
multiprocessing.get_context = lambda method: fork
def faulty(self, batch, place, size):
    losses = backward(self, batch, place, size)
    if os.environ["RANK"] == "1" and place[0] == 3 and fault == "hang":
        time.sleep(1000)
    return losses * float("nan") if os.environ["RANK"] == "1" and place[0] == 3 and fault == "nan" else losses
Learner._backward = faulty
config, folder = sys.argv[1:]
for fault in ("hang", "nan"):
    ranks.ANSWER = timedelta(seconds=4 if fault == "hang" else 120)
    changes = json.loads(os.environ["CHANGES"])
    sys.argv = ["nmt", "train", f"--config={config}", f"--run={folder}/{fault}", "--nproc=2", "--quiet", *changes]
    try:
        main()
    except SystemExit as end:
        code = end.code
    print(json.dumps([fault, code]), flush=True)
    print("end", file=sys.stderr, flush=True)
"""
CHANGES = ["--set=data.test={}", "--set=train.max_steps=4", "--set=train.validate_every=2"]


@pytest.fixture(scope="module")
def ended(tiny, tmp_path_factory):
    """Run, exit code and stderr of a training of two processes by what is wrong with the second one."""
    folder = tmp_path_factory.mktemp("faults")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    environment["CHANGES"] = json.dumps(CHANGES)
    command = [sys.executable, "-W", "ignore", "-c", FORKED, tiny.config, folder]
    result = subprocess.run(command, capture_output=True, env=environment, timeout=120)
    codes = [json.loads(line) for line in result.stdout.split(b"\n") if line.startswith(b"[")]
    said = result.stderr.decode().split("end\n")
    return {fault: (folder / fault, code, err) for (fault, code), err in zip(codes, said, strict=False)}


def test_a_rank_that_hangs_is_named(ended):
    run, code, said = ended["hang"]
    assert (code, said) == (1, "nmt: error: rank 1 did not answer; the same command continues\n")
    assert [path.name for path in run.glob("checkpoints/step-*")] == ["step-00000002"]


def test_nan_on_one_rank_stops_all_at_the_same_step(ended):
    run, code, said = ended["nan"]
    assert code == 1
    lines = r"(\d+, ){9}\d+ and 10 more"
    problem = rf"nmt: error: loss is nan at step 3 \(epoch 1\); sentences in lines {lines}; weights of step 2 kept\n"
    assert re.fullmatch(problem, said)
    assert [path.name for path in run.glob("checkpoints/step-*")] == ["step-00000002"]


def test_another_number_of_processes_continues_and_is_said(ended, nmt, tiny):
    run = ended["hang"][0]
    result = nmt("train", f"--config={tiny.config}", f"--run={run}", *CHANGES)
    assert result.code == 0, result.err
    assert "\nnot bit-identical: processes 2 -> 1\ncontinuing at step 2\n" in result.err
    assert json.loads((run / "done.json").read_bytes())["step"] == 4
