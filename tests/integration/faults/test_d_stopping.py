"""Rows 71 to 76, 84 and 90: training is stopped or killed, and the same command ends it as if nothing had been."""

import json
import shutil
from dataclasses import dataclass
from shlex import split
from signal import SIGHUP, SIGINT, SIGKILL, SIGTERM, SIGUSR1

import pytest
import torch

from .catalogue import SHORT, fill, said

TRAINING = f"{SHORT} --set train.keep_checkpoints=1"
STRIKE = """
import json, os, re, sys
from nmt.cli import main
from nmt.commands.progress import Screen

def watch(event, values):
    for kind, pattern, number in blows:
        if event == kind and re.search(pattern, str(values)):
            os.kill(os.getpid(), number)

blows = json.loads(sys.argv.pop(1))
sys.argv[0] = "nmt"
Screen.on_step = lambda self, step, *rest: sys.audit("step", step)
sys.addaudithook(watch)
main()
"""
"""A training to which blows come: signals at an audit event of Python, which is raised before what it tells of, or at a
`step` made."""


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
def struck(forks, tiny, tmp_path_factory):
    """For each of `STRUCK` a folder with the run in `new`, the exit code, stdout and stderr."""
    found = {}
    for name, case in STRUCK.items():
        folder = tmp_path_factory.mktemp("struck")
        command = split(fill(TRAINING, tiny, folder))
        found[name] = (folder, *forks.run(STRIKE, json.dumps(case.blows), *command))
    return found


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
    (folder, code, out, err), expected = struck[name], STRUCK[name]
    assert code == expected.code, err
    assert out == (b"" if code else f"report: {folder}/new/report.html\n".encode())
    assert "Traceback" not in err
    errors = [line for line in err.split("\n") if "error" in line]
    assert errors == ([] if expected.error is None else [f"nmt: error: {expected.error}"])
    assert {path.name for path in folder.iterdir()} == {"new"}
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
