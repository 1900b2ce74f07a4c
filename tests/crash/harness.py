"""Kills a training at random moments until it ends; what it leaves must be what an undisturbed training leaves.

usage: python -m tests.crash.harness --kills 200 [--signals TERM,INT,HUP] [--variants bf16+mapped] [--seed 1] [--fork]

Some signals come at any moment after the start, some after a new checkpoint, most of them while a checkpoint is being
saved or old ones are removed. After each the same command starts again. Failures are: an exit code or a traceback that
is not to be expected, a checkpoint that was damaged or lost, and at the end any file or byte that differs, but for what
tells the time. With --fork trainings are forked from a process that has imported torch; otherwise each is started anew.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.forks import Forked, Forks

SIZES = {"train": 48, "dev": 2, "test": 2}
CONFIG = """\
seed: 3
threads: 1
precision: fp32
data:
  train: {src: train.src, tgt: train.tgt}
  valid: {src: dev.src, tgt: dev.tgt}
  test: {test: {src: test.src, tgt: test.tgt}}
  tokenizer: {type: sentencepiece, sampling: 0.2}
  vocab: {size: 14}
  batching: {sentences: 6}
model:
  embedding: {dim: 6, dropout: 0.2}
  encoder: {type: rnn, dim: 6, dropout: 0.2}
  decoder: {type: bahdanau, dim: 6, maxout: 6, dropout: 0.2, attention: {scorer: {type: concat, dim: 6}}}
train:
  optimizer: {type: adam, lr: 0.06}
  schedule: {type: plateau, patience: 1, factor: 0.7}
  metric: loss
  max_steps: 14
  accumulate: 2
  ema: 0.8
  validate_every: 3
  log_every: 2
search: {beam_size: 1, max_length_ratio: 1.0}
"""
"""Eight batches an epoch, two an update: steps 4, 8, ... end an epoch, and 12 is validated too."""

VARIANTS = {
    "everything": [],
    "bf16": [
        *("precision=bf16", "train.validate_every=null", "train.max_steps=null", "train.max_epochs=4"),
        *("train.optimizer={type: adadelta}", "train.schedule={type: cosine, warmup_steps: 3}", "train.accumulate=3"),
    ],
    "stopping": [
        *("train.optimizer={type: adamw, lr: 0.2}", "train.patience=2", "train.schedule={type: constant}"),
        *("train.ema=null", "train.max_steps=200"),
    ],
    "guided": ["data.tokenizer={type: word}", "train.guided_alignment={}", "train.accumulate=1"],
    "mapped": [
        *("data.tokenizer={type: word}", "data.prepared=FOLDER/prepared"),
        "data.mix=[{src: FOLDER/dev.src, tgt: FOLDER/dev.tgt, weight: 1.5}]",
    ],
    "threads": ["threads=2", "train.objective={type: r_drop}"],
}
TIMED = {"metrics.jsonl", "done.json", "report.html", "state.json", "MANIFEST.json", "log.txt", ".lock"}
"""Files that tell how long something took, of the first two the rest is compared; and the one that tells who held the
folder last, where a kill came after all was written."""


POLL = 0.001
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "GOMP_SPINCOUNT": "10000"}


class Fork:
    """Starts trainings that need not import anything."""

    TRAINING = "import sys; from tests.crash.slow_disk import run; run(sys.argv.pop(1))"

    def __init__(self) -> None:
        self._forks = Forks()

    def __call__(self, arguments: list[str], errors: Path, bug: str = "") -> Forked:
        """`nmt ARGUMENTS` with stderr going to a file, with a bug planted if one is named."""
        with open(errors, "wb") as file, open(os.devnull, "wb") as nowhere:
            return self._forks.start(self.TRAINING, bug, *arguments, stdout=nowhere, stderr=file)

    def close(self) -> None:
        """Ends all processes."""
        self._forks.close()


def fresh(arguments: list[str], errors: Path) -> subprocess.Popen:
    """`nmt ARGUMENTS` as a process of its own, with stderr going to a file."""
    with open(errors, "wb") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "nmt", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=file,
            env=ENVIRONMENT,
        )


class Campaign:
    """Runs of one variant, disturbed by signals; `failures` has a line for each thing that was not as it should be."""

    def __init__(self, folder: Path, variant: str, start, rng: random.Random) -> None:
        self.folder, self.variant, self._start, self._rng = folder, variant, start, rng
        self.failures: list[str] = []
        self.kills = self.saves = self.runs = 0
        folder.mkdir(parents=True)
        write_corpus(folder)
        process, begin = self._begin(folder / "reference"), time.monotonic()
        code = process.wait()
        self._seconds = time.monotonic() - begin
        assert code == 0, self._said()

    def disturb(self, kills: int, signals: tuple[str, ...] = ("KILL",)) -> None:
        """Trains until `kills` signals were sent or something failed."""
        self._signals = [signal.Signals[f"SIG{name}"] for name in signals]
        self._exact = signals == ("KILL",)
        target = self.kills + kills
        while self.kills < target and not self.failures:
            self.runs += 1
            self._train(self.folder / f"run{self.runs}", target)

    def _train(self, run: Path, target: int) -> None:
        """Starts a run again and again until it ends by itself."""
        newest, code, before = None, None, self.kills
        while code != 0 and not self.failures:
            process, number = self._begin(run), None
            if self.kills < target:
                self._wait_for_a_moment(process, run)
                if process.poll() is None:
                    number = self._rng.choice(self._signals)
                    process.send_signal(number)
                    self.kills += 1
            code = process.wait()
            self._check_start(newest, code, number)
            newest = newest_step(run) or newest
            left = bool(list(run.rglob(".tmp-*")))
            self.saves += left and number == signal.SIGKILL
            if left and number != signal.SIGKILL:
                self._fail(f"exit {code} leaves {sorted(run.rglob('.tmp-*'))}")
        if not self.failures:
            self._compare(run, f"after {self.kills - before} signals")

    def _begin(self, run: Path):
        parts = [VARIANTS[name] for name in self.variant.split("+")]
        changes = [f"--set={change.replace('FOLDER', str(self.folder))}" for part in parts for change in part]
        arguments = ["train", "--config", str(self.folder / "crash.yaml"), "--run", str(run), *changes]
        return self._start(arguments, self.folder / "stderr")

    def _wait_for_a_moment(self, process, run: Path) -> None:
        """Returns at a moment to strike, or when the process has ended."""
        kind = self._rng.choice(("any", "after", "save", "save", "save"))
        if kind == "any":
            return pause(self._rng.uniform(0, self._seconds), process)
        checkpoints = run / "checkpoints"
        if kind == "after" or self._rng.random() < 0.6:
            wait_for_names(checkpoints, "step-", process)
        if kind == "after":
            return pause(self._rng.uniform(0, self._seconds / 4), process)
        wait_for_names(checkpoints, "", process)
        return pause(self._rng.uniform(0, 0.04), process)

    def _check_start(self, newest: "int | None", code: int, number: "int | None") -> None:
        """What the process said about the checkpoints it found, and how it ended."""
        said = self._said()
        if code != 0 and (number is None or code not in (-number, 128 + number)):
            self._fail(f"exit {code} after signal {number}: {said[-300:]}")
        if "Traceback" in said:
            self._fail(f"traceback after signal {number}: {said[-500:]}")
        if "damaged" in said:
            self._fail(f"a kill left a damaged checkpoint: {said[-300:]}")
        found = [int(line.split()[-1]) for line in said.split("\n") if line.startswith("continuing at step ")]
        if newest is not None and (found[:1] or [newest])[0] < newest:
            self._fail(f"continued at step {found[0]}, but step {newest} had been saved")
        if newest is not None and not found and "validation at step" in said:
            self._fail(f"started anew, but step {newest} had been saved")

    def _compare(self, run: Path, when: str) -> None:
        """The folder of a run that ended must be that of the reference."""
        mine, reference = contents(run), contents(self.folder / "reference")
        if not self._exact:  # a stopped run has saved steps of its own
            own = {name for name in mine.keys() ^ reference.keys() if name.startswith("checkpoints/step-")}
            mine, reference = ({name: of[name] for name in of if name not in own} for of in (mine, reference))
        different = sorted(name for name in mine.keys() | reference.keys() if mine.get(name) != reference.get(name))
        if different:
            self._fail(f"differ {when}: {', '.join(different)}")

    def _said(self) -> str:
        return (self.folder / "stderr").read_text(encoding="utf-8")

    def _fail(self, what: str) -> None:
        self.failures.append(f"{self.variant}, run {self.runs}: {what}")


def write_corpus(folder: Path) -> None:
    """Sentences of three letters and their mirror images, and the config."""
    rng = random.Random(1)
    for name, size in SIZES.items():
        lines = [" ".join(rng.choice(("ab", "ba", "cab", "c")) for _ in range(rng.randint(1, 4))) for _ in range(size)]
        for side, text in (("src", lines), ("tgt", [line[::-1] for line in lines])):
            (folder / f"{name}.{side}").write_text("\n".join(text) + "\n", encoding="utf-8")
    (folder / "crash.yaml").write_text(CONFIG, encoding="utf-8")


def names(folder: Path) -> "set[str]":
    """What is in a folder, which may be missing."""
    try:
        return set(os.listdir(folder))
    except FileNotFoundError:
        return set()


def wait_for_names(folder: Path, start: str, process) -> None:
    """Waits until something new whose name begins with `start` is in the folder."""
    before = names(folder)
    while process.poll() is None and not any(name.startswith(start) for name in names(folder) - before):
        time.sleep(POLL)


def pause(seconds: float, process) -> None:
    """Waits, but not for a process that has ended."""
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        time.sleep(POLL)


def newest_step(run: Path) -> "int | None":
    """The step of the newest checkpoint."""
    steps = [name.split("-")[1].split(".")[0] for name in names(run / "checkpoints") if name.startswith("step-")]
    return max(map(int, steps), default=None)


def contents(run: Path) -> dict:
    """Every file of a run, links as where they lead to, without what tells the time."""
    found = {}
    for path in run.rglob("*"):
        name = str(path.relative_to(run))
        if path.is_symlink():
            found[name] = os.readlink(path)
        elif path.is_file():
            found[name] = None if path.name in TIMED else path.read_bytes()
    lines = (run / "metrics.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    timeless = ("step", "epoch", "split", "lr", "grad_norm", "bleu", "ppl")
    found["metrics.jsonl"] = [[json.loads(line).get(key) for key in timeless] for line in lines]
    done = json.loads((run / "done.json").read_bytes())
    found["done.json"] = {key: value for key, value in done.items() if key != "seconds"}
    return found


def main() -> int:
    """The command line. Exit code 1 if something failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--signals", default="KILL", help="names with commas between them, drawn at random")
    parser.add_argument("--variants", default=",".join(VARIANTS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fork", action="store_true")
    flags = parser.parse_args()
    variants, rng, failures, kills = flags.variants.split(","), random.Random(flags.seed), [], 0
    for place, variant in enumerate(variants):
        start, begin = Fork() if flags.fork else fresh, time.monotonic()
        with tempfile.TemporaryDirectory(prefix="crash-") as folder:
            campaign = Campaign(Path(folder) / variant, variant, start, rng)
            share = flags.kills * (place + 1) // len(variants) - flags.kills * place // len(variants)
            campaign.disturb(share, tuple(flags.signals.split(",")))
        print(
            f"{variant}: {campaign.kills} x {flags.signals} ({campaign.saves} left a half-written file) over "
            f"{campaign.runs} runs in {time.monotonic() - begin:.0f} s; {len(campaign.failures)} failures",
            flush=True,
        )
        failures, kills = failures + campaign.failures, kills + campaign.kills
    print(*failures, sep="\n", end="\n" * bool(failures))
    print(f"{kills} x {flags.signals}: {len(failures)} failures" if failures else f"{kills} x {flags.signals} survived")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
