"""One tiny trained run for all command line tests, and the command line called inside this process."""

import contextlib
import gzip
import hashlib
import io
import os
import signal
import sys
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pytest

from nmt.cli import main
from nmt.embedded import embedded_folder

CONFIG = """\
seed: 1
threads: 1
precision: fp32
data:
  train: {src: text/train.en, tgt: text/train.de}
  valid: {src: text/dev.en, tgt: text/dev.de}
  test:
    test: {src: text/test.en, tgt: text/test.de, align: text/test.align}
  src_lang: en
  tgt_lang: de
  tokenizer: {type: word, split_punctuation: true}
  vocab: {size: 120}
  batching: {sentences: 20}
model:
  embedding: {dim: 16}
  encoder: {type: rnn, dim: 16}
  decoder: {type: bahdanau, dim: 16, maxout: 16, attention: {scorer: {type: concat, dim: 16}}}
train:
  optimizer: {type: adam, lr: 0.02}
  max_steps: 60
  validate_every: 20
search: {beam_size: 2, max_length_ratio: 1.5, batch_sentences: 64}
"""
WITHOUT_ATTENTION = ["model.decoder={type: plain, dim: 16}", "data.test={}", "train.max_steps=2"]
WITH_SUBWORDS = [
    "data.tokenizer={type: sentencepiece}",
    "model.decoder={type: luong, dim: 16, attentional_dim: 16}",
    "data.test={}",
    "train.max_steps=4",
]
SIZES = {"train": 200, "dev": 6, "test": 8}


class Result(NamedTuple):
    """How a command ended."""

    code: int
    out: bytes
    err: str

    @property
    def lines(self):
        """The lines on stdout; there must be no unfinished one."""
        *lines, rest = self.out.decode("utf-8").split("\n")
        assert rest == ""
        return lines


class Tiny(NamedTuple):
    """A folder with a config, its corpus and what was trained from it."""

    folder: Path
    config: Path
    run: Path
    plain: Path
    subwords: Path

    def text(self, name):
        """A file of the corpus."""
        return self.folder / "text" / name


class _Standard(io.TextIOWrapper):
    """A standard stream that keeps its bytes."""

    def __init__(self, content=b""):
        super().__init__(io.BytesIO(content), encoding="utf-8", newline="\n", write_through=True)


def call(*arguments, stdin=b""):
    """`nmt ARGUMENTS` with these bytes as standard input; None closes it."""
    before = sys.argv, sys.stdin
    on_save = signal.getsignal(signal.SIGUSR1)
    out, err = _Standard(), _Standard()
    sys.argv = ["nmt", *map(str, arguments)]
    sys.stdin = None if stdin is None else _Standard(stdin)
    code = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.argv, sys.stdin = before
        signal.signal(signal.SIGUSR1, on_save)
    return Result(code, out.buffer.getvalue(), err.buffer.getvalue().decode("utf-8"))


def hashes(folder):
    """The SHA-256 of every file below a folder, links as where they point to."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            found[str(path.relative_to(folder))] = os.readlink(path)
        elif path.is_file():
            found[str(path.relative_to(folder))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


@pytest.fixture
def nmt(monkeypatch):
    """Calls a command: `nmt("translate", run, stdin=b"...")` gives a Result."""
    monkeypatch.delenv("NMT_DEBUG", raising=False)
    return call


@pytest.fixture
def tree():
    """`hashes`."""
    return hashes


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """Runs of a minute's worth of corpus: with attention, without it, and with subwords."""
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "text").mkdir()
    data = embedded_folder() / "data"
    for name, size in SIZES.items():
        for ending in ("en", "de", *(["align"] if name == "test" else [])):
            packed = data / f"{name}.{ending}.gz"
            with gzip.open(packed, "rb") if packed.exists() else open(data / f"{name}.{ending}", "rb") as file:
                (folder / "text" / f"{name}.{ending}").write_bytes(b"".join(islice(file, size)))
    config = folder / "tiny.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    runs = {"run": [], "plain": WITHOUT_ATTENTION, "subwords": WITH_SUBWORDS}
    for name, changes in runs.items():
        flags = [part for change in changes for part in ("--set", change)]
        result = call("train", "--config", config, "--run", folder / name, *flags)
        assert result.code == 0, result.err
    return Tiny(folder, config, *(folder / name for name in runs))
