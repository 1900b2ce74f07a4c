"""Measures how long commands take to start: medians of processes of their own, the first of which is not counted.

    python scripts/bench_start.py [RUN] -o start.json [--against old.json]

help: `nmt --help` from start to end. translate: from the start of `nmt translate RUN` to the end of the translation of
one short sentence, beam 5. torch: a Python that imports all of torch and ends.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench_result import add_result_options, report

BARS = {"help": 0.3, "translate": 2.5}
SENTENCE = b"a dog runs .\n"


def seconds(arguments: list[str], rounds: int) -> float:
    spent = []
    for _ in range(rounds + 1):
        begin = time.perf_counter()
        subprocess.run([sys.executable, *arguments], input=SENTENCE, check=True, capture_output=True)
        spent.append(time.perf_counter() - begin)
    return round(statistics.median(spent[1:]), 3)


def measure(run: Path | None, rounds: int, threads: int) -> dict[str, Any]:
    commands = {"help": ["-m", "nmt", "--help"], "torch": ["-c", "import torch"]}
    if run is not None:
        commands["translate"] = ["-m", "nmt", "translate", str(run), "--beam", "5", "--threads", str(threads)]
    found = {name: seconds(command, rounds) for name, command in commands.items()}
    return {
        "seconds": found,
        "starts_per_s": {name: round(1 / spent, 2) for name, spent in found.items()},
        "bars": {f"{name} within {BARS[name]} s": found[name] <= BARS[name] for name in BARS if name in found},
        "threads": threads,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how long commands take to start.")
    parser.add_argument("run", type=Path, nargs="?")
    parser.add_argument("--rounds", type=int, default=5)
    add_result_options(parser)
    arguments = parser.parse_args()
    result = measure(arguments.run, arguments.rounds, arguments.threads)
    report(result, [f"starts_per_s.{name}" for name in result["starts_per_s"]], arguments)


if __name__ == "__main__":
    main()
