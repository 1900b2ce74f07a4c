"""Measures word alignment of given pairs, as whole processes with all that they read and write: speed and peak memory.

    python scripts/bench_align.py runs/hansards --source train.en.gz --target train.fr.gz --pairs 100000 -o align.json

`attention` is `nmt align-export` with the trained run, forced, to word links; `hmm` and, where it is installed,
`eflomal` are `nmt align-text`, which learns from the pairs that it aligns. `attention_of_a_tenth` shows how memory
grows.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

from bench_result import add_result_options, report

from nmt.text.reader import read_lines

RSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes of what the system counts memory in."""


def measure(command: list[str], threads: int) -> tuple[float, float]:
    """Seconds of a process, and its peak memory in MB: the largest of it and of the processes that it waited for.

    It begins as a copy of this process, so nothing below what this one needs can be measured.

    Raises CalledProcessError when it fails.
    """
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    start = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return seconds, usage.ru_maxrss * RSS_UNIT / 1e6


def first_pairs(paths: list[Path], pairs: int, folder: Path) -> int:
    """The first lines of both files, as `src` and `tgt` in the folder; returns how many there are."""
    counts = []
    for name, path in zip(("src", "tgt"), paths, strict=True):
        counts.append(0)
        with (folder / name).open("w", encoding="utf-8", newline="\n") as file:
            for line in islice(read_lines(path), pairs):
                file.write(line + "\n")
                counts[-1] += 1
    if counts[0] != counts[1]:
        raise SystemExit(f"{paths[0]} and {paths[1]} have {counts[0]} and {counts[1]} lines")
    return counts[0]


def compare(arguments: argparse.Namespace) -> dict[str, Any]:
    """What each aligner needs for the same pairs."""
    exports = {"attention": arguments.pairs, "attention_of_a_tenth": max(arguments.pairs // 10, 1)}
    texts = ["hmm", *(["eflomal"] if importlib.util.find_spec("eflomal") else [])]
    threads = arguments.threads
    result: dict[str, Any] = {"threads": threads}
    for name, wanted in (exports | dict.fromkeys(texts, arguments.pairs)).items():
        with tempfile.TemporaryDirectory() as folder:
            pairs = first_pairs([arguments.source, arguments.target], wanted, Path(folder))
            files = ["--source", f"{folder}/src", "--target", f"{folder}/tgt", "-o", f"{folder}/links"]
            if name in exports:
                command = ["align-export", str(arguments.run), *files, "--threads", str(threads)]
            else:
                command = ["align-text", *files, "--method", name, "--threads", str(threads)]
            seconds, memory = measure([sys.executable, "-m", "nmt", *command], threads)
        rate = {"seconds": round(seconds, 2), "pairs_per_s": round(pairs / seconds, 1)}
        result[name] = {"pairs": pairs, **rate, "peak_memory_mb": round(memory)}
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the word alignment of given pairs by several aligners.")
    parser.add_argument("run", type=Path)
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--target", type=Path, required=True)
    parser.add_argument("--pairs", type=int, default=100_000, help="at most so many, from the start of the files")
    add_result_options(parser)
    arguments = parser.parse_args()
    report(compare(arguments), ["attention.pairs_per_s", "hmm.pairs_per_s"], arguments)


if __name__ == "__main__":
    main()
