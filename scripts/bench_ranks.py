"""Measures how well processes share a training: target tokens a second of `nmt train` with and without `--nproc 2`,
with one thread each, on the same batches and on batches of twice the size.

    NMT_DATA=... python scripts/bench_ranks.py configs/benchmarks/w1.yaml -o ranks.json [--against old.json]

The speed is the median of the updates in metrics.jsonl after the first ones, so starting and saving are not in it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from bench_result import add_result_options, report

from nmt.config.experiment import Experiment
from nmt.config.loader import load_config

WARM_UP = 5


def speed(config: Path, settings: list[str], processes: int, threads: int) -> float:
    """Median target tokens a second of the updates of one training."""
    with tempfile.TemporaryDirectory() as folder:
        changes = [f"--set={change}" for change in settings]
        command = [sys.executable, "-m", "nmt", "train", f"--config={config}", f"--run={folder}/run", *changes]
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        shared = [f"--nproc={processes}"] if processes > 1 else []
        subprocess.run([*command, *shared, "--quiet"], env=environment, check=True, stdout=subprocess.DEVNULL)
        lines = (Path(folder) / "run/metrics.jsonl").read_bytes().split(b"\n")[:-1]
    updates = [entry for entry in map(json.loads, lines) if entry["split"] == "train"]
    return statistics.median(update["target_tokens_per_s"] for update in updates[WARM_UP:])


def measure(config: Path, settings: list[str], processes: int, steps: int, threads: int) -> dict[str, Any]:
    sentences = load_config(Experiment, config, settings).data.batching.sentences
    if sentences is None:
        raise SystemExit(f"{config}: give data.batching.sentences")
    short = [f"train.max_steps={steps}", f"train.validate_every={steps}", "train.log_every=1", "data.test={}"]
    whole = [*settings, *short]
    larger = [*whole, f"data.batching.sentences={sentences * processes}"]
    alone = speed(config, whole, 1, threads)
    same, each = (speed(config, chosen, processes, threads) for chosen in (whole, larger))
    return {
        "tokens_per_s": {"alone": round(alone), "same batches": round(same), "larger batches": round(each)},
        "efficiency": {
            "same batches": round(same / alone / processes, 3),
            "larger batches": round(each / alone / processes, 3),
        },
        "processes": processes,
        "threads": threads,
        "torch": torch.__version__,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how well processes share a training.")
    parser.add_argument("config", type=Path)
    parser.add_argument("--nproc", type=int, default=2)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    add_result_options(parser)
    parser.set_defaults(threads=1)
    arguments = parser.parse_args()
    result = measure(arguments.config, arguments.settings, arguments.nproc, arguments.steps, arguments.threads)
    report(result, ["tokens_per_s.same batches", "tokens_per_s.larger batches"], arguments)


if __name__ == "__main__":
    main()
