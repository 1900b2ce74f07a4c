"""`nmt translate --resume-output`: after a kill the same command ends with the bytes of an undisturbed one."""

import fcntl
import os
import signal

import pytest

from nmt.search import batch_limits
from nmt.translator import Translator

KILLED = """
import os, signal, sys
from nmt.search import batch_limits
from nmt.cli import main
from nmt.commands.resumed_output import ResumedOutput
batch_limits.BATCHES_READ = 1
write = ResumedOutput.write_line
def write_line(self, text):
    write(self, text)
    if self._next == 70:
        self._file.flush()
        os.kill(os.getpid(), signal.SIGKILL)
ResumedOutput.write_line = write_line
sys.argv[0] = "nmt"
main()
"""


@pytest.fixture
def blocks(monkeypatch):
    """Lines are read in blocks of one batch, of which there are many."""
    monkeypatch.setattr(batch_limits, "BATCHES_READ", 1)


@pytest.fixture(scope="module")
def text(tiny, tmp_path_factory):
    """Sentences, an empty line and a lone separator: a block and a part of one."""
    path = tmp_path_factory.mktemp("text") / "text"
    lines = tiny.text("train.en").read_bytes().split(b"\n")[:110]
    path.write_bytes(b"".join(line + b"\n" for line in [*lines[:40], b"", "a\u2028b".encode(), *lines[40:]]))
    return path


@pytest.fixture
def translate(nmt, tiny, text, tmp_path, blocks):
    """Translates the text into `tmp_path / "out"`."""
    return lambda *flags: nmt("translate", tiny.run, "-i", text, "--resume-output", tmp_path / "out", *flags)


@pytest.fixture
def whole(nmt, tiny, text, blocks):
    """What an undisturbed translation writes."""
    return nmt("translate", tiny.run, "-i", text).out


def test_a_killed_translation_goes_on(forks, translate, whole, tiny, text, tmp_path):
    command = ["translate", tiny.run, "-i", text, "--resume-output", tmp_path / "out"]
    assert forks.run(KILLED, *command) == (-signal.SIGKILL, b"", "")
    left = (tmp_path / "out").read_bytes()
    assert left.count(b"\n") == 70 and whole.startswith(left)
    assert translate() == (0, b"", "")
    assert (tmp_path / "out").read_bytes() == whole
    assert translate() == (0, b"", "")
    assert (tmp_path / "out").read_bytes() == whole


def test_wherever_it_was_cut(translate, whole, tmp_path):
    ends = [place + 1 for place, byte in enumerate(whole) if byte == 10]
    for length in (0, 1, ends[40] + 3, ends[63], ends[63] + 1, ends[64] - 1, ends[64], ends[-1] - 1):
        (tmp_path / "out").write_bytes(whole[:length])
        assert translate() == (0, b"", "")
        assert (tmp_path / "out").read_bytes() == whole, length


def test_only_the_block_that_was_cut_is_made_again(translate, whole, tmp_path, monkeypatch):
    search, made = Translator._search, []
    monkeypatch.setattr(
        Translator,
        "_search",
        lambda self, lines, *rest: made.append(len(lines)) or search(self, lines, *rest),
    )
    lines = whole.split(b"\n")
    (tmp_path / "out").write_bytes(b"\n".join(lines[:70]))
    assert translate().code == 0
    assert made == [48]


def test_sampling_and_json_go_on_too(translate, tmp_path):
    for flags in (["--sample"], ["--json", "--beam", "1"]):
        (tmp_path / "out").unlink(missing_ok=True)
        assert translate(*flags).code == 0
        once = (tmp_path / "out").read_bytes()
        (tmp_path / "out").write_bytes(once[: len(once) * 2 // 3])
        assert translate(*flags) == (0, b"", "")
        assert (tmp_path / "out").read_bytes() == once


@pytest.mark.parametrize("place", [2, 66])
def test_another_text_is_not_continued(translate, whole, tmp_path, place):
    lines = whole.split(b"\n")[:place]
    other = b"\n".join([*lines[:-1], b"something else"])
    (tmp_path / "out").write_bytes(other)
    reason = "holds another translation than this text, model and flags give; choose another file"
    assert translate() == (2, b"", f"nmt: error: {tmp_path / 'out'}:{place}: {reason}\n")
    assert (tmp_path / "out").read_bytes() == other


def test_more_lines_than_the_text_has(translate, whole, tmp_path):
    (tmp_path / "out").write_bytes(whole + b"more\n")
    reason = "has more lines than the text; choose another file"
    assert translate() == (2, b"", f"nmt: error: {tmp_path / 'out'} {reason}\n")
    (tmp_path / "out").write_bytes(whole * 3)
    assert translate() == (2, b"", f"nmt: error: {tmp_path / 'out'} {reason}\n")


def test_what_cannot_be_written(nmt, translate, tiny, tmp_path):
    for flags in (["--nbest", "2"], ["--align", f"pharaoh={tmp_path / 'a'}"]):
        assert translate(*flags).err == (
            "nmt: error: --resume-output: only for one line a sentence; leave --nbest and --align out\n"
        )
    missing = nmt("translate", tiny.run, "-i", tmp_path / "none", "--resume-output", tmp_path / "out")
    assert missing.code == 2
    assert list(tmp_path.iterdir()) == []
    into_nothing = nmt("translate", tiny.run, "--resume-output", tmp_path / "none/out")
    assert into_nothing.err.endswith("cannot be written (No such file or directory); choose another place\n")
    os.mkfifo(tmp_path / "pipe")
    into_pipe = nmt("translate", tiny.run, "--resume-output", tmp_path / "pipe")
    assert (
        into_pipe.err
        == f"nmt: error: {tmp_path / 'pipe'}: no regular file, so it cannot be continued; choose another\n"
    )
    with open(tmp_path / "out", "wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert translate() == (2, b"", f"nmt: error: {tmp_path / 'out'}: another process writes to it\n")
