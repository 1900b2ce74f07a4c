"""Rows 71 to 76, 84 and 90: training is stopped or killed, and the same command ends it as if nothing had been."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from shlex import split
from signal import SIGHUP, SIGINT, SIGKILL, SIGTERM, SIGUSR1

import pytest
import torch

from .catalogue import SHORT, fill, said

TRAINING = f"{SHORT} --set train.keep_checkpoints=1"
FORKS = """
import json, os, re, signal, sys
import nmt.pipeline.training, sacrebleu
from nmt.cli import main
from nmt.commands.progress import Screen

def train(folder, blows, command):
    def watch(event, values):
        for kind, pattern, number in blows:
            if event == kind and re.search(pattern, str(values)):
                os.kill(os.getpid(), number)
    for place, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT), place)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    sys.addaudithook(watch)
    sys.argv = ["nmt", *command]
    main()

Screen.on_step = lambda self, step, *rest: sys.audit("step", step)
codes = []
for case in json.load(sys.stdin):
    if os.fork() == 0:
        train(*case)
    codes.append(os.waitstatus_to_exitcode(os.wait()[1]))
print(json.dumps(codes))
"""
"""Trains in one process after the other, forked from one that has imported everything. A blow is a signal that comes
at an audit event of Python, which is raised before what it tells of, or at a `step` made."""


@dataclass
class Struck:
    """A training that signals come to, how it ends, and at which step the same command continues."""

    blows: list[tuple[str, str, int]]
    code: int
    step: int | None
    error: str | None = None


STRUCK = {
    "undisturbed": Struck([], 0, None),
    "D71 before there is a config": Struck([("os.rename", "config.yaml", SIGKILL)], -9, None),
    "D71 in the first save": Struck([("open", "tmp-step-00000002-.*training", SIGKILL)], -9, None),
    "D71 before a checkpoint has its name": Struck([("os.rename", "tmp-step-00000004-", SIGKILL)], -9, 2),
    "D71 before a checkpoint is linked": Struck([("os.symlink", "step-00000004", SIGKILL)], -9, 4),
    "D71 while a checkpoint is removed": Struck([("shutil.rmtree", "tmp-step-00000004-", SIGKILL)], -9, 6),
    "D71 before all is done": Struck([("os.rename", "done.json", SIGKILL)], -9, 6),
    "D72 SIGTERM": Struck([("step", "5", SIGTERM)], 143, 5, "stopped at step 5; the same command continues"),
    "D73 SIGTERM twice": Struck([("step", "5", SIGTERM), ("step", "5", SIGTERM)], -15, 4),
    "D73 SIGINT twice": Struck([("step", "5", SIGINT), ("step", "5", SIGINT)], -2, 4),
    "D74 SIGINT": Struck([("step", "5", SIGINT)], 130, 5, "stopped at step 5; the same command continues"),
    "D75 SIGUSR1": Struck([("step", "3", SIGUSR1)], 0, None),
    "D75 SIGUSR1 and killed": Struck([("step", "3", SIGUSR1), ("step", "4", SIGKILL)], -9, 3),
    "D76 SIGHUP": Struck([("step", "5", SIGHUP)], 129, 5, "stopped at step 5; the same command continues"),
    "D84 by the system": Struck([("step", "5", SIGKILL)], -9, 4),
}
KILLED = "the process that trained here before was killed"
TIMED = ("log.txt", "metrics.jsonl", "report.html", "done.json", "state.json", "MANIFEST.json")
"""Files with times in them, or with the hashes of such files."""


@pytest.fixture(scope="module")
def struck(tiny, tmp_path_factory):
    """A folder for each of `STRUCK`, with the run in `new` and what was said in `out` and `err`; and the exit code."""
    folders = {name: tmp_path_factory.mktemp("struck") for name in STRUCK}
    cases = [[str(folder), STRUCK[name].blows, split(fill(TRAINING, tiny, folder))] for name, folder in folders.items()]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKS],
        input=json.dumps(cases).encode(),
        capture_output=True,
        env=environment,
        timeout=300,
    )
    assert (result.returncode, result.stderr) == (0, b"")
    return dict(zip(folders, zip(folders.values(), json.loads(result.stdout), strict=True), strict=True))


@pytest.fixture
def outcome(struck, tree):
    """What is in a run folder, or in that of the undisturbed training: names, links and hashes, but for times."""

    def outcome(run=struck["undisturbed"][0] / "new"):
        names = {str(path.relative_to(run)): "" for path in run.rglob("*")}
        return names | {name: value for name, value in tree(run).items() if not name.endswith(TIMED)}

    return outcome


def continued(command, run, *flags):
    """What the same command says in a copy of a run when it begins to write; it goes on to the end."""
    result = command(" ".join([TRAINING, *flags]))
    lines = said(result)
    assert result.out == f"report: {run}/report.html\n".encode()
    return lines[lines.index(f"writing to {run}") + 1 :]


@pytest.mark.parametrize("name", STRUCK)
def test_struck(name, struck, outcome):
    """How the process ends: its exit code, no traceback, nothing on stdout but the path of a report that is there."""
    (folder, code), expected = struck[name], STRUCK[name]
    err = (folder / "err").read_text(encoding="utf-8")
    assert code == expected.code, err
    assert (folder / "out").read_bytes() == (b"" if code else f"report: {folder}/new/report.html\n".encode())
    assert "Traceback" not in err
    errors = [line for line in err.split("\n") if "error" in line]
    assert errors == ([] if expected.error is None else [f"nmt: error: {expected.error}"])
    assert {path.name for path in folder.iterdir()} == {"new", "out", "err"}
    assert code < 0 or not list(folder.rglob(".tmp*"))
    if code == 0:
        assert outcome(folder / "new") == outcome()


@pytest.mark.parametrize("name", [name for name, case in STRUCK.items() if case.code])
def test_struck_and_continued(name, struck, command, outcome, tmp_path):
    expected, new = STRUCK[name], tmp_path / "new"
    shutil.copytree(struck[name][0] / "new", new, symlinks=True)
    if expected.step:
        translated = command("translate $here/new", b"The man sleeps .\n\n")
        assert (said(translated), len(translated.lines)) == ([], 2)
    lines = continued(command, new)
    assert (KILLED in lines) == (expected.code < 0)
    steps = [line for line in lines if "continuing" in line]
    assert steps == ([f"continuing at step {expected.step}"] if expected.step else [])
    assert outcome(new) == outcome()
    assert (new / ".lock").read_bytes() == b""


def test_d90_another_thread_count(struck, command, outcome, tmp_path):
    shutil.copytree(struck["D72 SIGTERM"][0] / "new", tmp_path / "new", symlinks=True)
    threads = torch.get_num_threads()
    try:
        lines = continued(command, tmp_path / "new", "--set threads=2")
    finally:
        torch.set_num_threads(threads)
    assert lines[:2] == ["not bit-identical: threads 1 -> 2", "continuing at step 5"]
    assert not [line for line in lines if "error" in line]
    assert outcome(tmp_path / "new").keys() == outcome().keys()
