"""What is fuzzed: readers of files that a stranger may have written. Whatever the bytes, they read or refuse."""

from __future__ import annotations

import atexit
import gzip
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import torch

from nmt.alignment.alignment import Alignment
from nmt.alignment.formats.a3 import read_a3
from nmt.alignment.formats.fields import record_line
from nmt.alignment.formats.html import read_html
from nmt.alignment.formats.jsonl import read_jsonl
from nmt.alignment.formats.naacl import read_naacl
from nmt.alignment.formats.nematus import read_nematus
from nmt.alignment.formats.npz import read_npz
from nmt.alignment.formats.pharaoh import read_pharaoh, read_scored_pharaoh
from nmt.alignment.formats.png import SIGNATURE, read_png, with_text
from nmt.alignment.formats.registry import open_writer
from nmt.alignment.formats.soft import read_soft
from nmt.alignment.formats.svg import read_svg
from nmt.alignment.formats.tsv import read_tsv
from nmt.alignment.gold import read_gold
from nmt.alignment.record import AlignmentRecord
from nmt.config import loader
from nmt.config.experiment import Experiment
from nmt.embedded import demo_config
from nmt.errors import CheckpointError, ConfigError, DataError
from nmt.text.reader import read_lines
from nmt.text.tokenizers.word import Word
from nmt.text.vocab import Vocab
from nmt.training.checkpoint import load_checkpoint, save_checkpoint
from nmt.training.state import TrainingState

FOLDER = Path(tempfile.mkdtemp(prefix="nmt-fuzz-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
RUN = FOLDER / "run"
STEP = RUN / "checkpoints/step-00000001"
PARTS = ("model.safetensors", "state.json", "MANIFEST.json", "src.json")
READERS: dict[str, Callable[[Path], Iterable[Any]]] = {
    "pharaoh": read_pharaoh,
    "pharaoh-scores": read_scored_pharaoh,
    "soft": read_soft,
    "jsonl": read_jsonl,
    "npz": read_npz,
    "tsv": read_tsv,
    "nematus": read_nematus,
    "a3": read_a3,
    "html": read_html,
    "svg": read_svg,
    "png": read_png,
    "gold": read_gold,
    "naacl": read_naacl,
}


class Target(NamedTuple):
    """`read` raises for a finding only; `seeds` are valid inputs to start from."""

    read: Callable[[bytes], None]
    seeds: list[bytes]


def config(data: bytes) -> None:
    """A config file: a valid config or lines that begin with its name. Plugins are not imported."""
    path = FOLDER / "x.yaml"
    path.write_bytes(data)
    try:
        with mock.patch.object(loader, "load_plugins", _no_plugins):
            loader.load_config(Experiment, path)
    except ConfigError as error:
        for line in str(error).split("\n"):
            assert line.startswith(f"{path}:") and line.isprintable(), line


def model(data: bytes) -> None:
    """A file of a run, chosen by the first byte; sizes and hashes in the manifest are put right, so that the reader
    behind them is reached."""
    name, content = PARTS[data[0] % len(PARTS)] if data else PARTS[0], data[1:]
    if name == "src.json":
        _vocabulary(content)
        return
    file = STEP / name
    before, manifest = file.read_bytes(), (STEP / "MANIFEST.json").read_bytes()
    try:
        file.write_bytes(content)
        if name != "MANIFEST.json":
            signed = json.loads(manifest)
            signed.pop("sha256", None)
            signed["files"][name] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            (STEP / "MANIFEST.json").write_text(json.dumps(signed), encoding="utf-8")
        weights = load_checkpoint(RUN, "best").weights
        assert sum(tensor.nbytes for tensor in weights.values()) <= max(len(content), len(before))
    except CheckpointError as error:
        assert "\n" not in str(error)
    finally:
        file.write_bytes(before)
        (STEP / "MANIFEST.json").write_bytes(manifest)


def _vocabulary(content: bytes) -> None:
    (RUN / "src.json").write_bytes(content)
    try:
        word = Word.load(Word.Config(), RUN, "src")
    except CheckpointError as error:
        assert str(error).startswith(f"{RUN / 'src.json'}: damaged word tokenizer: ") and "\n" not in str(error)
    else:
        assert Vocab.from_json(word.to_bytes()).tokens == word.vocab.tokens  # type: ignore[attr-defined]


def text(data: bytes) -> None:
    """A text file, plain or gzip: as many lines as newlines, or one line with the file's name."""
    path = FOLDER / "t"
    path.write_bytes(data)
    try:
        lines = list(read_lines(path))
    except DataError as error:
        assert str(error).startswith(f"{path}:") and "\n" not in str(error)
        return
    assert all(line.count("\n") == 0 for line in lines)
    if not data.startswith(b"\x1f\x8b"):
        assert len(lines) == data.count(b"\n") + (not data.endswith(b"\n") and data != b"")


def alignments(data: bytes) -> None:
    """An export of alignments or gold links, the format chosen by the first byte: read, or one line of explanation."""
    name, content = list(READERS)[data[0] % len(READERS)] if data else "soft", data[1:]
    path = FOLDER / "a"
    path.write_bytes(content)
    try:
        for _ in READERS[name](path):
            pass
    except DataError as error:
        assert str(error).startswith(f"{path}:") and "\n" not in str(error)


def _exports() -> list[bytes]:
    weights_TS = np.array([[0.5, 0.25, 0.25], [0, 1, 0], [0, 0, 1]], np.float32)
    alignment = Alignment(["a", "b"], ["x", "|"], weights_TS, "word", True, -1.5)
    record = AlignmentRecord(0, "a b", "x |", alignment, [(0, 0), (1, 1)])
    png = with_text(SIGNATURE + bytes(25), record_line(record))
    seeds = []
    for number, name in enumerate(READERS):
        content = {"gold": b"0-0 1p1\n", "naacl": b"1 1 1 S\n1 2 2 P\n", "png": png}.get(name)
        if content is None:
            with open_writer(name, FOLDER / "a") as writer:
                writer.write(record)
            content = (FOLDER / "a").read_bytes()
        seeds.append(bytes([number]) + content)
    return seeds


def _run() -> list[bytes]:
    state = TrainingState(step=1, scores=[(1, 0.5)], fingerprint={"seed": "1"})
    save_checkpoint(RUN, state, {"w": torch.ones(2, 3), "b": torch.zeros(1)}, {"m": torch.ones(2)})
    files = [bytes([i]) + (STEP / name).read_bytes() for i, name in enumerate(PARTS[:3])]
    return [*files, b"\x03" + Vocab(["a", "b"]).to_json()]


def _no_plugins(modules: list[str]) -> None:
    raise ImportError("not while fuzzing")


TARGETS = {
    "config": Target(config, [demo_config().read_bytes(), b"seed: 1\ntrain: {max_epochs: 3}\n"]),
    "model": Target(model, _run()),
    "alignments": Target(alignments, _exports()),
    "text": Target(text, [b"a b\nc\n", "ä\r\n\u2028\n".encode(), gzip.compress(b"a b\nc\n", mtime=0)]),
}
