"""What only a process of its own can show: start-up, signals, pipes, closed and full streams, terminals."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nmt.commands.progress import Screen
from nmt.commands.stopping import Stop

NMT = [sys.executable, "-m", "nmt"]
FULL = Path("/dev/full")
WITHOUT = """
import sys
from nmt.__main__ import main
without, command = sys.argv[1].split(","), sys.argv[2:]
sys.argv = ["nmt", *command]
try:
    main()
except SystemExit as end:
    assert not end.code
loaded = set(without) & sys.modules.keys()
assert not loaded, loaded
"""
UNUSED = {
    "check --source {dev.en} --target {dev.de}": "torch,numpy,sacrebleu,sentencepiece,nmt.training",
    "evaluate {dev.de} --ref {dev.en}": "torch,sentencepiece,safetensors,nmt.training,nmt.models",
    "evaluate {test.align} --gold-align {test.align}": "torch,sacrebleu,sentencepiece,nmt.training,nmt.models",
    "align-eval {test.align} --gold {test.align}": "torch,sacrebleu,sentencepiece,nmt.config,nmt.training,nmt.models",
    "train --quiet --config {config} --run {new} --set train.max_steps=2": "rich,torch._refs,torch._dynamo",
    "translate {run} -i {dev.en}": "sacrebleu,sentencepiece,rich,torch._refs,nmt.aligner,nmt.training.trainer",
}
"""Commands, and what none of them needs."""
HELP_WITHOUT_TORCH = """
import sys
from nmt.cli import main
for name in ["", "config show", *"train translate align-export align-eval check evaluate score info".split()]:
    sys.argv = ["nmt", *name.split(), "--help"]
    try:
        main()
    except SystemExit as end:
        assert not end.code
heavy = {"torch", "numpy", "sacrebleu", "sentencepiece", "safetensors", "nmt.config"} & sys.modules.keys()
assert not heavy, heavy
"""


@pytest.fixture(scope="module")
def long_text(tiny, tmp_path_factory):
    path = tmp_path_factory.mktemp("long") / "text"
    path.write_bytes(tiny.text("train.en").read_bytes() * 60)
    return path


def wait_for(found, process):
    """Waits until `found()` is true."""
    for _ in range(6000):
        if found():
            return
        assert process.poll() is None, process.finish()
        time.sleep(0.01)
    process.kill()
    pytest.fail("waited in vain for a minute")


def finished(process):
    """Exit code and stderr."""
    code, _, err = process.finish()
    return code, err


def test_help_loads_no_torch():
    result = subprocess.run([sys.executable, "-c", HELP_WITHOUT_TORCH], capture_output=True, timeout=60)
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.count(b"Usage: nmt") == 10


@pytest.mark.parametrize("command", UNUSED)
def test_a_command_loads_nothing_that_it_does_not_use(tiny, tmp_path, command):
    files = {"run": tiny.run, "config": tiny.config, "new": tmp_path / "run"}
    files |= {path.name: path for path in (tiny.folder / "text").iterdir()}
    words = [files[word[1:-1]] if word.startswith("{") else word for word in command.split()]
    result = subprocess.run([sys.executable, "-c", WITHOUT, UNUSED[command], *words], capture_output=True, timeout=60)
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout


def test_signal_during_training(nmt, forks, tiny, tmp_path, monkeypatch):
    command = ["train", "--config", tiny.config, "--run", tmp_path / "run", "--set", "train.max_steps=100000"]
    process = forks.start(forks.NMT, *command)
    wait_for((tmp_path / "run/checkpoints/last").exists, process)
    process.send_signal(signal.SIGTERM)
    returncode, err = finished(process)
    assert returncode == 143
    last = err.split("\n")[-2]
    assert last.startswith("nmt: error: stopped at step ") and last.endswith("; the same command continues")
    step = int(last.split("step ")[1].split(";")[0])
    assert (tmp_path / f"run/checkpoints/step-{step:08d}").is_dir()
    assert not list(tmp_path.rglob(".tmp*"))

    monkeypatch.setattr(Screen, "on_step", lambda *arguments: os.kill(os.getpid(), signal.SIGTERM))
    continued = nmt(*command)
    assert continued.code == 143
    assert continued.err.split("\n")[4:] == [
        f"continuing at step {step}",
        f"nmt: error: stopped at step {step + 1}; the same command continues",
        "",
    ]


def test_signal_during_translation_leaves_nothing_half_written(forks, tiny, tmp_path, long_text):
    command = ["translate", tiny.run, "-i", long_text, "--beam", "6", "--align", f"jsonl={tmp_path / 'a'}"]
    process = forks.start(forks.NMT, *command)
    wait_for(lambda: list(tmp_path.iterdir()), process)
    process.send_signal(signal.SIGTERM)
    assert finished(process) == (143, "")
    assert list(tmp_path.iterdir()) == []


def test_interrupted_translation_leaves_nothing_half_written(nmt, tiny, tmp_path, monkeypatch):
    def interrupt(text):
        assert list(tmp_path.iterdir())
        raise Stop(signal.SIGINT)

    monkeypatch.setattr("nmt.commands.output.write_line", interrupt)
    result = nmt("translate", tiny.run, "--align", f"jsonl={tmp_path / 'a'}", stdin=b"I sleep .\n")
    assert result == (130, b"", "")
    assert list(tmp_path.iterdir()) == []


def test_closed_pipe_ends_quietly(forks, tiny, tree, long_text, tmp_path):
    before = tree(tiny.folder)
    command = ["translate", tiny.run, "-i", long_text, "--json", "--beam", "1", "--align", f"jsonl={tmp_path}/a"]
    here, there = os.pipe()
    with os.fdopen(here, "rb") as pipe:
        with os.fdopen(there, "wb") as end:
            process = forks.start(forks.NMT, *command, stdout=end)
        line = pipe.readline()
        assert line.endswith(b"\n") and json.loads(line)["src"]
    assert finished(process) == (1, "")
    assert list(tmp_path.iterdir()) == []
    assert tree(tiny.folder) == before


def test_bytes_do_not_depend_on_the_locale(nmt, tiny, tree, tmp_path):
    """Neither those of translations nor those of a file's name in an error."""
    text = tmp_path / "Öl"
    text.write_bytes("Öl 漢字\u2028 .\nI sleep .\n".encode())
    before = tree(tiny.folder), tree(tmp_path)
    plain = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    translate = ["translate", tiny.run, "-i", text, "--json", "--beam", "1"]
    check = ["check", "--source", tmp_path / "Ähre", "--target", text]
    for command, code in ((translate, 0), (check, 2)):
        result = subprocess.run([*NMT, *command], env=plain, capture_output=True, timeout=120)
        assert result.returncode == code
        assert (code, result.stdout, result.stderr.decode()) == nmt(*command)
        assert result.stdout.count('"src": "Öl 漢字 ."'.encode()) == (code == 0)
        assert result.stderr.decode() == ("" if code == 0 else f"nmt: error: {tmp_path}/Ähre: no such file\n")
    assert (tree(tiny.folder), tree(tmp_path)) == before


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize(
    "arguments",
    [["translate", "{run}", "-i", "{text}", "--align", "jsonl={here}/a"], ["--version"]],
    ids=["bytes", "text"],
)
def test_full_disk(tiny, tree, tmp_path, arguments):
    before = tree(tiny.folder)
    arguments = [part.format(run=tiny.run, text=tiny.text("dev.en"), here=tmp_path) for part in arguments]
    with FULL.open("wb") as full:
        result = subprocess.run([*NMT, *arguments], stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert result.returncode == 1
    assert result.stderr == b"nmt: error: cannot write output: No space left on device\n"
    assert list(tmp_path.iterdir()) == []
    assert tree(tiny.folder) == before


def test_closed_standard_input(nmt, tiny):
    assert nmt("translate", tiny.run, stdin=None) == (0, b"", "")


@pytest.mark.parametrize(
    "arguments", [["translate", "{run}", "-i", "{text}"], ["config", "show"]], ids=["bytes", "text"]
)
def test_closed_standard_output(tiny, arguments):
    arguments = [part.format(run=tiny.run, text=tiny.text("dev.en")) for part in arguments]
    command = ["sh", "-c", '"$@" >&-', "sh", *NMT, *map(str, arguments)]
    result = subprocess.run(command, stderr=subprocess.PIPE, timeout=60)
    assert result.returncode == 1
    assert result.stderr == b"nmt: error: cannot write output: Bad file descriptor\n"


def test_terminal_answers_each_line_at_once(tiny):
    controller, terminal = pty.openpty()
    process = subprocess.Popen([*NMT, "translate", tiny.run], stdin=terminal, stdout=terminal, stderr=subprocess.PIPE)
    os.close(terminal)
    try:
        assert process.stderr.readline() == b"reading from the terminal: type a sentence, end with Ctrl-D\n"
        os.write(controller, b"I sleep .\n")
        seen = b""
        while seen.count(b"\n") < 2:  # the terminal's echo and the translation
            seen += os.read(controller, 1000)
        echo, translation = seen.decode().split("\r\n")[:2]
        assert echo == "I sleep ."
        assert translation.startswith(("Ich", "⁇"))
        os.write(controller, b"\x04")
        _, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, b"")
    finally:
        process.kill()
        os.close(controller)
