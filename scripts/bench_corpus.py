"""Measures whether training notices how large its corpus is: seconds from the command to the end of its first update,
and peak memory of a few hundred updates, on 10 thousand and on 10 million generated pairs that were prepared before.

    python scripts/bench_corpus.py --folder /tmp/corpus -o corpus.json [--pairs 200000] [--against old.json]

Ten million pairs take 3 GB of disk. Text and prepared numbers stay in the folder, and are found there the next time.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import time
from itertools import accumulate
from pathlib import Path
from typing import Any

import torch
from bench_result import add_result_options, report

SMALL = 10_000
WORDS = 30_000
CONFIG = """\
data:
  train: {{src: {pairs}.src, tgt: {pairs}.tgt}}
  valid: {{src: valid.src, tgt: valid.tgt}}
  prepared: prepared
  tokenizer: {{type: word}}
  vocab: {{size: 8000}}
model:
  embedding: {{dim: 64}}
  encoder: {{type: rnn, dim: 64}}
  decoder: {{type: bahdanau, dim: 64, maxout: 64, attention: {{scorer: {{type: concat, dim: 64}}}}}}
train:
  max_steps: {steps}
  validate_every: {steps}
  log_every: 1
"""


def write_pairs(path: Path, pairs: int, seed: int) -> None:
    """Sentences of 3 to 20 words drawn by Zipf's law; a pair has the same words in two languages."""
    sides = [path.with_name(f"{path.name}.{side}") for side in ("src", "tgt")]
    if all(side.exists() for side in sides):
        return
    words, draw = range(WORDS), random.Random(seed)
    weights = list(accumulate(1 / rank for rank in range(1, WORDS + 1)))
    temporary = [side.with_name(f".tmp-{side.name}") for side in sides]
    with open(temporary[0], "w", encoding="utf-8") as src, open(temporary[1], "w", encoding="utf-8") as tgt:
        for _ in range(pairs):
            found = draw.choices(words, cum_weights=weights, k=draw.randint(3, 20))
            src.write(" ".join([f"s{word}" for word in found]) + "\n")
            tgt.write(" ".join([f"t{word}" for word in found]) + "\n")
    for before, after in zip(temporary, sides, strict=True):
        os.replace(before, after)


def start(config: Path, run: Path, threads: int) -> dict[str, Any]:
    """A training of its own process: seconds to the end of its first update, its peak memory."""
    command = [sys.executable, "-m", "nmt", "train", f"--config={config}", f"--run={run}", f"--set=threads={threads}"]
    metrics = run / "metrics.jsonl"
    shutil.rmtree(run, ignore_errors=True)
    begin = time.perf_counter()
    process = subprocess.Popen([*command, "--quiet"], stdout=subprocess.DEVNULL)
    first = None
    while first is None and process.poll() is None:
        if metrics.exists() and b"\n" in metrics.read_bytes():
            first = time.perf_counter() - begin
        time.sleep(0.005)
    _, status, usage = os.wait4(process.pid, 0)
    if first is None or status:
        raise SystemExit(f"{' '.join(command)}: ended with {os.waitstatus_to_exitcode(status)}")
    return {"start_s": round(first, 2), "peak_memory_mb": round(usage.ru_maxrss / 1e3)}


def measure(folder: Path, pairs: int, steps: int, threads: int) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    write_pairs(folder / "valid", 20, 2)
    result: dict[str, Any] = {"pairs": pairs, "steps": steps}
    for name, size in (("small", SMALL), ("large", pairs)):
        write_pairs(folder / str(size), size, 1)
        config = folder / f"{size}.yaml"
        config.write_text(CONFIG.format(pairs=size, steps=steps), encoding="utf-8", newline="\n")
        prepare = [sys.executable, "-m", "nmt", "prepare", f"--config={config}", f"--nproc={threads}"]
        begin = time.perf_counter()
        subprocess.run(prepare, check=True)
        result[name] = {"prepare_s": round(time.perf_counter() - begin, 1)}
        result[name] |= start(config, folder / "runs" / str(size), threads)
    grown = result["large"]["peak_memory_mb"] - result["small"]["peak_memory_mb"]
    starts = 1 / result["large"]["start_s"]
    return {
        **result,
        "memory_grown_mb": grown,
        "starts_per_s": round(starts, 3),
        "bars": {"start within 5 s": result["large"]["start_s"] <= 5, "within 500 MB": grown <= 500},
        "threads": threads,
        "torch": torch.__version__,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure start and memory of a training on a large corpus.")
    parser.add_argument("--folder", type=Path, required=True, help="where text and numbers are kept")
    parser.add_argument("--pairs", type=int, default=10_000_000)
    parser.add_argument("--steps", type=int, default=300)
    add_result_options(parser)
    arguments = parser.parse_args()
    result = measure(arguments.folder, arguments.pairs, arguments.steps, arguments.threads)
    report(result, ["starts_per_s"], arguments)


if __name__ == "__main__":
    main()
