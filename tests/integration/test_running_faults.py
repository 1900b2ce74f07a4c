"""What goes wrong while training runs: no disk, no memory, no finite loss. One line, and nothing is lost."""

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

WITHOUT_TESTS = ("--set", "data.test={}")


def last_line(result):
    """The only line that is an error, at the end of stderr; nothing is on stdout."""
    assert result.out == b"" and "Traceback" not in result.err
    lines = result.err.split("\n")
    assert lines[-1] == "" and [line for line in lines if line.startswith("nmt: error: ")] == [lines[-2]]
    return lines[-2].removeprefix("nmt: error: ")


def weights(run):
    done = json.loads((run / "done.json").read_bytes())
    return done["step"], done["best_step"], done["weights_sha256"], done["last_weights_sha256"]


def test_no_file_may_be_as_large_as_a_checkpoint(nmt, tiny, tmp_path):
    """A quota: EFBIG in place of ENOSPC."""
    run = tmp_path / "run"
    command = ("train", "--config", tiny.config, "--run", run)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, before[1]))
    try:
        result = nmt(*command)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert result.code == 1
    problem = r"cannot save step \d+ \(File too large\); there is no earlier checkpoint"
    assert re.fullmatch(problem, last_line(result))
    assert len(re.findall(f"\n{problem}; training goes on\n", result.err)) == 2
    assert not list(run.rglob(".tmp*")) and not list(run.glob("checkpoints/*"))
    assert nmt(*command).code == 0
    assert weights(run) == weights(tiny.run)


ON_A_SMALL_DISK = """
import json, os, sys
from pathlib import Path
from nmt.cli import main
from nmt.commands.progress import Screen
run, config = Path(sys.argv[1], "run"), sys.argv[2]
ballast = run.parent / "ballast"
heard = Screen.on_step
def on_step(self, step, *rest):
    if step == 25:
        with open(ballast, "wb") as file:
            while True:
                try:
                    os.write(file.fileno(), bytes(4096))
                except OSError:
                    break
    heard(self, step, *rest)
def train():
    sys.argv = ["nmt", "train", "--config", config, "--run", str(run)]
    try:
        main()
    except SystemExit as end:
        return end.code or 0
    return 0
Screen.on_step = on_step
first = train()
left = sorted(path.name for path in run.rglob(".tmp*")), sorted(path.name for path in run.glob("checkpoints/*"))
Screen.on_step = heard
ballast.unlink()
second = train()
print(json.dumps([first, *left, second, json.loads((run / "done.json").read_bytes())]))
"""


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare of util-linux")
def test_full_disk(tiny, tmp_path):
    """A file system of 2 MB in a namespace of its own; another program fills it at step 25 and frees it later."""
    mount = 'mount -t tmpfs -o size=2m tmpfs "$0" || exit 77; exec "$@"'
    command = [sys.executable, "-c", ON_A_SMALL_DISK, tmp_path, tiny.config]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run(
        ["unshare", "-rm", "sh", "-c", mount, tmp_path, *command], capture_output=True, env=environment, timeout=120
    )
    if result.returncode in (1, 77) and not result.stdout:
        pytest.skip(f"no file system can be mounted here: {result.stderr.decode()}")
    said = result.stderr.decode().split("\n")
    full = re.compile(
        r"(nmt: error: )?cannot save step (\d+) \(disk full: \d+ B free in .*/run, \d+ kB needed\); "
        r"last good checkpoint: step-00000020(; training goes on)?"
    )
    found = [match.groups() for line in said if (match := full.fullmatch(line))]
    assert found == [(None, "40", "; training goes on"), ("nmt: error: ", "40", None)]
    assert "continuing at step 20" in said
    first, temporary, checkpoints, second, done = json.loads(result.stdout.decode().split("\n")[-2])
    assert (first, temporary, checkpoints, second) == (1, [], ["best", "last", "step-00000020"], 0)
    assert (done["step"], done["best_step"], done["weights_sha256"], done["last_weights_sha256"]) == weights(tiny.run)


def test_a_step_too_large_to_survive(nmt, tiny, tmp_path):
    run = tmp_path / "run"
    wild = ("train.optimizer={type: sgd, lr: 1e38}", "train.clip_norm=null", "train.validate_every=1")
    flags = [part for setting in wild for part in ("--set", setting)]
    result = nmt("train", "--config", tiny.config, "--run", run, *flags, *WITHOUT_TESTS)
    assert result.code == 1
    first = r"(loss|gradient norm) is (nan|inf) at step \d+ \(epoch 1\); sentences in lines (\d+, ){9}\d+ and 10 more"
    second = r"loss is (nan|inf) on the validation set at step \d+"
    assert re.fullmatch(
        rf"({first}|{second}); (weights of step \d+ kept|no checkpoint was saved yet)", last_line(result)
    )
    assert not (run / "done.json").exists()


OUT_OF_MEMORY = """
import resource, sys
import nmt.pipeline.training, nmt.translator, sacrebleu, torch
from nmt.cli import main
used = int(open("/proc/self/statm", encoding="utf-8").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 400_000_000, -1))
sys.argv = ["nmt", "train", *sys.argv[1:]]
main()
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux")
def test_out_of_memory(forks, tiny, tmp_path):
    large = ("data.batching.sentences=200", "data.max_length=50", "model.decoder.attention.scorer.dim=8000")
    flags = [part for setting in large for part in ("--set", setting)]
    code, out, err = forks.run(OUT_OF_MEMORY, "--config", tiny.config, "--run", tmp_path / "run", *flags)
    assert (code, out) == (1, b"")
    assert re.fullmatch(
        r"nmt: error: out of memory at step 1: batch of 200 x \d+ tokens; lower data\.batching\.sentences \(now 200\) "
        r"or data\.max_length \(now 50\); no checkpoint was saved yet",
        err.split("\n")[-2],
    )


def test_a_signal_at_the_very_end_is_obeyed(nmt, tiny, tmp_path, monkeypatch):
    """After the last update and before the test sets are translated, which may take long."""
    from nmt.training import trainer

    real = trainer.conclude

    def conclude(*arguments):
        os.kill(os.getpid(), signal.SIGTERM)
        return real(*arguments)

    command = ("train", "--config", tiny.config, "--run", tmp_path / "run")
    with monkeypatch.context() as patch:
        patch.setattr(trainer, "conclude", conclude)
        result = nmt(*command)
    assert (result.code, last_line(result)) == (143, "trained, but not evaluated; the same command continues")
    assert nmt(*command).code == 0
    assert weights(tmp_path / "run") == weights(tiny.run)
    assert (tmp_path / "run/eval/test.hyp").read_bytes() == (tiny.run / "eval/test.hyp").read_bytes()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_wish_to_save_ends_nothing(nmt, tiny, tmp_path, monkeypatch, when):
    """SIGUSR1 before there is anything to save, and when all is saved."""
    name = {"before": "nmt.pipeline.training.prepare", "after": "nmt.pipeline.training.evaluate_sets"}[when]
    module, function = name.rsplit(".", 1)
    real = getattr(sys.modules[module], function)

    def wish(*arguments):
        os.kill(os.getpid(), signal.SIGUSR1)
        return real(*arguments)

    monkeypatch.setattr(name, wish)
    assert nmt("train", "--config", tiny.config, "--run", tmp_path / "run", "--set", "train.max_steps=2").code == 0


def test_the_run_is_locked_until_its_report_is_written(nmt, forks, tiny, tmp_path, monkeypatch):
    from nmt.pipeline import training

    real, command = training.evaluate_sets, ("train", "--config", tiny.config, "--run", tmp_path / "run")
    second = []

    def evaluate(*arguments):
        second.append(forks.run(forks.NMT, *command, "--overwrite"))
        return real(*arguments)

    monkeypatch.setattr(training, "evaluate_sets", evaluate)
    assert nmt(*command).code == 0
    ((code, _, err),) = second
    assert code == 2
    assert f"{tmp_path / 'run'} is in use by process {os.getpid()} on host" in err
    assert weights(tmp_path / "run") == weights(tiny.run)
