"""Makes the run folder that stands for this version in tests/data/frozen, which every later version must open.

usage: python scripts/freeze_run.py      (once a release; what is there already is never made again)

A training of a few numbers is stopped after 90 of its 100 updates, in the middle of an epoch, so that it can be
translated with and continued. Its corpus lies beside it, and what its best and last weights make of the source side.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import nmt

TARGET = Path(__file__).parents[1] / "tests" / "data" / "frozen" / nmt.__version__
CORPUS = {
    "train.en": "a b\nb c\nc a b\nd c\na d\nb b d\nc d a\nd\n",
    "train.de": "A B\nB C\nC A B\nD C\nA D\nB B D\nC D A\nD\n",
}
CONFIG = """\
threads: 1
precision: fp32
data:
  train: {src: train.en, tgt: train.de}
  valid: {src: train.en, tgt: train.de}
  tokenizer: {type: word}
  batching: {sentences: 2}
model:
  embedding: {dim: 4}
  encoder: {type: rnn, dim: 4}
  decoder: {type: bahdanau, dim: 4, maxout: 4, attention: {scorer: {type: concat, dim: 4}}}
train:
  {optimizer: {type: adam, lr: 0.05}, ema: 0.5, max_steps: 100, validate_every: 40, metric: loss, keep_checkpoints: 1}
search: {beam_size: 2, max_length_ratio: 1.5}
"""
STOPPED = """
import os, signal, sys
from nmt.cli import main
from nmt.commands.progress import Screen
Screen.on_step = lambda self, step, *rest: os.kill(os.getpid(), signal.SIGTERM) if step == 90 else None
sys.argv = ["nmt", "train", "--config", "config.yaml", "--run", "run"]
main()
"""


def main() -> None:
    if TARGET.exists():
        sys.exit(f"{TARGET} is there already")
    TARGET.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name, text in CORPUS.items():
            (work / name).write_text(text, encoding="utf-8", newline="\n")
        (work / "config.yaml").write_text(CONFIG, encoding="utf-8", newline="\n")
        assert subprocess.run([sys.executable, "-c", STOPPED], cwd=work).returncode == 128 + signal.SIGTERM
        for which in ("best", "last"):
            command = [sys.executable, "-m", "nmt", "translate", "run", "--input", "train.en", "--checkpoint", which]
            with open(work / f"expected.{which}", "wb") as file:
                subprocess.run(command, cwd=work, check=True, stdout=file)
        config = work / "run/config.yaml"
        text = config.read_text(encoding="utf-8")
        assert text.count(f"{work.resolve()}/") == 4
        config.write_text(text.replace(f"{work.resolve()}/", "../"), encoding="utf-8", newline="\n")
        for name in (*CORPUS, "expected.best", "expected.last", "run"):
            shutil.move(work / name, TARGET / name)
    print(f"wrote {TARGET}")


if __name__ == "__main__":
    main()
