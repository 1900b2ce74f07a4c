"""Measures forced alignment with a trained run: pairs a second and peak memory, from pieces to word links.

python scripts/bench_align.py runs/w1 --source train.en --target train.de --pairs 20000 --threads 2 -o align.json
"""

from __future__ import annotations

import argparse
import resource
import time
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from bench_result import add_result_options, report

from nmt.alignment.links import argmax_links
from nmt.pipeline.loading import load_translator
from nmt.pipeline.records import alignment_record
from nmt.text.reader import read_lines


def measure(run: Path, pairs: list[tuple[str, str]], threads: int) -> dict[str, Any]:
    translator, _ = load_translator(run, threads=threads)
    list(translator.align(pairs[:256]))
    start = time.perf_counter()
    links = 0
    for number, found in enumerate(translator.align(pairs)):
        if found.weights_TS is not None:
            links += len(argmax_links(alignment_record(number, found, "word").alignment))
    spent = time.perf_counter() - start
    return {
        "pairs": len(pairs),
        "links": links,
        "seconds": round(spent, 2),
        "pairs_per_s": round(len(pairs) / spent, 1),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),
        "precision": translator.compute.precision,
        "device": str(translator.device),
        "threads": threads,
        "torch": torch.__version__,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure forced alignment with a trained run.")
    parser.add_argument("run", type=Path)
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--target", type=Path, required=True)
    parser.add_argument("--pairs", type=int, default=20_000, help="at most so many, from the start of the files")
    add_result_options(parser)
    arguments = parser.parse_args()
    lines = zip(read_lines(arguments.source), read_lines(arguments.target), strict=True)
    result = measure(arguments.run, list(islice(lines, arguments.pairs)), arguments.threads)
    report(result, ["pairs_per_s"], arguments)


if __name__ == "__main__":
    main()
