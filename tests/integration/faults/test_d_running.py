"""Rows 71 to 100: what happens while a command runs."""

import errno
import io
import json
import os
import pickle
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections import namedtuple
from shlex import split

import pytest

from nmt.cli import main
from nmt.training.learner import Learner

from .catalogue import SHORT, TRAIN, Case, error_lines, fill, said


@pytest.fixture
def broken_disk(monkeypatch, tmp_path):
    """Makes the first files of checkpoints that are brought to the disk fail."""

    def breaks(times, number):
        fsync, calls = os.fsync, []

        def failing(descriptor):
            if f"{tmp_path}/new/checkpoints/.tmp" in os.readlink(f"/proc/self/fd/{descriptor}"):
                calls.append(descriptor)
                if len(calls) <= times:
                    raise OSError(number, os.strerror(number))
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", failing)

    return breaks


REASONS = {
    "D77 full disk": (errno.ENOSPC, "disk full: "),
    "D80 quota": (errno.EDQUOT, "Disk quota exceeded"),
    "D80 input or output": (errno.EIO, "Input/output error"),
    "D80 read only": (errno.EROFS, "Read-only file system"),
    "D80 stale": (errno.ESTALE, "Stale file handle"),
    "D80 folder deleted": (errno.ENOENT, "No such file or directory"),
}


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="there is no /proc here")
@pytest.mark.parametrize("name", REASONS)
def test_training_goes_on_after_a_failed_save(name, command, broken_disk, tmp_path):
    number, reason = REASONS[name]
    broken_disk(1, number)
    lines = said(command(f"{SHORT} --quiet"))
    (warning,) = [line for line in lines if line.startswith("cannot save")]
    assert warning.startswith(f"cannot save step 2 ({reason}")
    assert warning.endswith("there is no earlier checkpoint; training goes on")
    assert (tmp_path / "new/checkpoints/step-00000006").is_dir()
    assert not list(tmp_path.rglob(".tmp*"))


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="there is no /proc here")
def test_d77_three_failed_saves_in_a_row_end_training(command, broken_disk, tmp_path):
    broken_disk(3, errno.ENOSPC)
    result = command(SHORT)
    assert result.code == 1
    (error,) = error_lines(result)
    assert error.startswith("nmt: error: cannot save step ") and "(disk full: " in error
    assert not list(tmp_path.rglob(".tmp*")) and not list(tmp_path.rglob("step-*"))


class Full(io.TextIOBase):
    """A standard stream on a full disk."""

    def write(self, text):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("stderr", [Full(), None], ids=["full", "closed"])
def test_d78_nobody_can_be_told(stderr, tiny, tmp_path, monkeypatch):
    line = split(fill(SHORT, tiny, tmp_path))
    on_save = signal.getsignal(signal.SIGUSR1)
    monkeypatch.setattr("nmt.commands.progress.INTERVAL", 0.0)
    monkeypatch.setattr(sys, "stderr", stderr)
    for arguments, code in ((line, None), ([*line, "--set=seed=-1"], 2), ([*line, "--sett"], 2)):
        monkeypatch.setattr(sys, "argv", ["nmt", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        assert end.value.code == code
    signal.signal(signal.SIGUSR1, on_save)
    assert (tmp_path / "new/report.html").is_file()


NO_ROOM = {
    "D78 log.txt": ("nmt.commands.progress", "warning: $file: No space left on device; no more lines are kept there"),
    "D78 metrics.jsonl": ("nmt.training.metrics", "cannot write $file (No space left on device); training goes on"),
}
WRITTEN = {"alignments", "checkpoints", "config.yaml", "data_report.json", "done.json", "env.json", "eval", "log.txt"}
WRITTEN |= {".lock", "metrics.jsonl", "report.html", "vocab"}


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
@pytest.mark.parametrize("name", NO_ROOM)
def test_no_room_for_what_is_said(name, command, monkeypatch, tmp_path):
    """One warning, and training goes on to its report; the file that has no room is there, and empty."""
    new, (module, warning) = tmp_path / "new", NO_ROOM[name]
    file = new / name.removeprefix("D78 ")

    def no_room(path, *mode, **options):
        if path == file:
            file.touch()
        return open("/dev/full" if path == file else path, *mode, **options)

    monkeypatch.setattr(f"{module}.open", no_room, raising=False)
    result = command(SHORT)
    assert [line for line in said(result) if "No space" in line] == [warning.replace("$file", str(file))]
    assert result.lines == [f"report: {new}/report.html"]
    assert file.read_bytes() == b""
    assert {path.name for path in new.iterdir()} == WRITTEN
    assert not list(tmp_path.rglob(".tmp*"))


def test_d79_foreseeably_too_little_space(command, monkeypatch, tmp_path):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 1000))
    result = command(SHORT)
    assert result.code == 2
    (error,) = error_lines(result)
    sizes = r"about \d+ kB in .*/new, 1 kB are free; lower it, or choose another folder with --run"
    assert re.fullmatch(f"nmt: error: train.keep_checkpoints 2 needs {sizes}", error)
    assert list(tmp_path.iterdir()) == []


def test_d81_loss_that_is_no_number(command, tmp_path):
    result = command(f"{SHORT} --set 'train.optimizer={{type: sgd, lr: 1e38}}' --set train.clip_norm=null")
    assert result.code == 1
    (error,) = error_lines(result)
    assert error.startswith("nmt: error: loss is nan at step 2 (epoch 1); sentences in lines ")
    assert error.endswith("; no checkpoint was saved yet")
    assert not list(tmp_path.rglob("step-*"))


def test_d82_gradient_norm_that_is_no_number(command, monkeypatch, tmp_path):
    real = Learner._backward

    def steep(learner, batch, place, *rest):
        losses = real(learner, batch, place, *rest)
        if place[0] == 3:
            next(learner.model.parameters()).grad.view(-1)[0] = float("inf")
        return losses

    monkeypatch.setattr(Learner, "_backward", steep)
    result = command(SHORT)
    assert result.code == 1
    (error,) = error_lines(result)
    lines = r"sentences in lines (\d+, ){9}\d+ and 10 more"
    assert re.fullmatch(
        rf"nmt: error: gradient norm is inf at step 3 \(epoch 1\); {lines}; weights of step 2 kept", error
    )
    assert {path.name for path in (tmp_path / "new/checkpoints").iterdir()} == {"best", "last", "step-00000002"}
    assert {path.name for path in (tmp_path / "new").iterdir()} == WRITTEN - {"done.json", "report.html"}
    assert not any((tmp_path / "new/eval").iterdir())


MEMORY = {
    "D83 Python": MemoryError(),
    "D83 PyTorch": RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory"),
}


@pytest.mark.parametrize("name", MEMORY)
def test_out_of_memory(name, command, monkeypatch):
    def fail(*arguments):
        raise MEMORY[name]

    monkeypatch.setattr("nmt.training.learner.Learner._backward", fail)
    result = command(SHORT)
    assert result.code == 1
    (error,) = error_lines(result)
    assert error.startswith("nmt: error: out of memory at step 1: batch of 20 x ")
    assert " tokens; lower data.batching.sentences (now 20) or data.max_length (now 100); no check" in error


@pytest.mark.parametrize(
    ("changes", "told"), [("", "64"), (" --set search.batch_sentences=null --set search.beam_size=200", "256")]
)
def test_out_of_memory_in_validation(command, monkeypatch, changes, told):
    def fail(*arguments):
        raise MemoryError

    monkeypatch.setattr("nmt.translator.beam_search", fail)
    result = command(SHORT + changes)
    assert result.code == 1
    (error,) = error_lines(result)
    assert f"lower search.batch_sentences (now {told}) or evaluation.valid_beam_size (now 1)" in error


def test_d83_bug(command, monkeypatch, tmp_path):
    def fail(*arguments):
        raise KeyError("a\x1b\nb")

    monkeypatch.setattr("nmt.training.learner.Learner._backward", fail)
    result = command(SHORT)
    assert (result.code, result.out) == (1, b"")
    last = result.err.split("\n")[-2]
    assert last == "nmt: error: unexpected KeyError: 'a\\x1b\\nb' (--debug before the command shows the traceback)"
    assert "Traceback" not in result.err
    written = (tmp_path / "new/error.log").read_text(encoding="utf-8")
    assert written.startswith("Traceback (most recent call last):\n") and "\x1b" not in written


STDIN = {"D94 empty": b"", "D95 empty line": b"\n", "D95 empty lines": b"\n \n\n", "D95 blank last line": b"\n "}


@pytest.mark.parametrize("name", STDIN)
def test_standard_input(name, command):
    result = command("translate $run", STDIN[name])
    assert said(result) == []
    assert result.lines == [""] * len(STDIN[name].removesuffix(b"\n").split(b"\n")) * (STDIN[name] != b"")


def test_d94_closed_standard_input(command):
    assert command("translate $run", None) == (0, b"", "")


@pytest.mark.parametrize("variable", ["NO_COLOR", "CI"])
def test_d97_plain_lines_where_nobody_looks(variable, command, monkeypatch):
    monkeypatch.setenv(variable, "1")
    monkeypatch.setenv("TERM", "dumb")
    result = command(SHORT)
    assert all(line.isprintable() for line in said(result))
    assert "\r" not in result.err


BACKWARDS = "import time; t = iter(range(10**9, 0, -60)); time.time = lambda: next(t); from nmt.cli import main; main()"


def test_d91_the_clock_jumps_backwards(forks, tiny, tmp_path):
    line = fill(f"{SHORT} --set train.log_every=1 --set train.max_minutes=9", tiny, tmp_path)
    assert forks.run(BACKWARDS, *split(line))[0] == 0
    entries = [json.loads(entry) for entry in (tmp_path / "new/metrics.jsonl").read_bytes().split(b"\n")[:-1]]
    seconds = [entry["seconds"] for entry in entries]
    assert seconds == sorted(seconds) and 0 <= seconds[0] and seconds[-1] < 100
    assert [entry["step"] for entry in entries if entry["split"] == "train"] == [1, 2, 3, 4, 5, 6]
    assert all(entry["target_tokens_per_s"] > 0 for entry in entries if entry["split"] == "train")


def test_d98_missing_package(monkeypatch, mistake):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    message = 'train.tensorboard needs the package tensorboard: pip install "nmt-attention[tensorboard]"'
    mistake(Case("D98", f"{TRAIN} --set train.tensorboard=true", message))


FORBIDDEN = ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto", "pickle.find_class")
FORBIDDEN += ("subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "pty.spawn")


@pytest.fixture
def forbidden():
    """The events of `FORBIDDEN` that Python's audit hooks saw in the block, which were refused."""
    seen = []
    watching = [True]

    def watch(event, arguments):
        if watching and event in FORBIDDEN:
            seen.append(event)
            raise PermissionError(event)

    sys.addaudithook(watch)
    yield seen
    watching.clear()


def test_the_watch_sees(forbidden):
    for attempt in (
        lambda: subprocess.run(["true"], check=False),
        lambda: os.system("true"),
        lambda: socket.create_connection(("127.0.0.1", 9)),
        lambda: pickle.loads(b"cos\ngetpid\n."),
    ):
        with pytest.raises(PermissionError):
            attempt()
    assert [event.split(".")[0] for event in forbidden] == ["subprocess", "os", "socket", "pickle"]


def test_d99_nothing_is_reached_nothing_started_nothing_unpickled(command, forbidden):
    """From training to scores and alignments."""
    said(command(f"{TRAIN} --set train.max_steps=2"))
    said(command("align-export $here/new --source $text/dev.en --format jsonl,npz,html -o $here/a"))
    said(command("evaluate $here/new"))
    said(command("align-view $here/a.npz -o $here/b.html"))
    assert forbidden == []


SCORES = [
    Case(
        "D100 another length",
        "evaluate $text/test.en --ref $text/dev.de",
        "$text/test.en has 8 lines, $text/dev.de 6; first unpaired line: $text/test.en:7",
    ),
    Case("D100 no translation", "evaluate $here/a --ref $text/dev.de", "$here/a: file is empty", {"a": b""}),
    Case("D100 no reference", "evaluate $text/dev.en --ref $here/a", "$here/a: file is empty", {"a": b""}),
    Case("D100 nothing", "evaluate $here/a --ref $here/b", "$here/a: file is empty", {"a": b"", "b": b""}),
]


@pytest.mark.parametrize("case", SCORES, ids=[case.name for case in SCORES])
def test_scores(case, mistake):
    mistake(case)
