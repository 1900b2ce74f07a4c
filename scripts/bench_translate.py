"""Measures translation with a trained run: sentences a second by beam, latency of one sentence, peak memory.

    python scripts/bench_translate.py runs/w1 --source test.en --threads 2 -o translate.json [--against old.json]

Reading the model is not counted, except in the latency of a cold process.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch
from bench_result import add_result_options, report

from nmt.alignment.lexicon import read_lexicon
from nmt.device import peak_memory
from nmt.pipeline.loading import load_translator
from nmt.text.reader import read_lines
from nmt.translator import Translator


def translate(translator: Translator, lines: list[str], beam: int) -> tuple[float, int]:
    """Seconds, and the target pieces that were written."""
    search = translator.search.model_copy(update={"beam_size": beam, "n_best": 1})
    start = time.perf_counter()
    pieces = sum(len(found[0].tgt.ids) for found in translator.translate(lines, search))
    return time.perf_counter() - start, pieces


def cold_seconds(run: Path, line: str, threads: int, flags: list[str]) -> float:
    """One sentence, beam 5, by a process of its own: start-up, reading the model, search."""
    command = [sys.executable, "-m", "nmt", "translate", str(run), "--beam", "5", "--threads", str(threads), *flags]
    start = time.perf_counter()
    subprocess.run(command, input=line + "\n", text=True, capture_output=True, check=True)
    return time.perf_counter() - start


def measure(arguments: argparse.Namespace, lines: list[str]) -> dict[str, Any]:
    run, threads, rounds, flags = arguments.run, arguments.threads, arguments.rounds, list[str]()
    translator, _ = load_translator(run, threads=threads)
    if arguments.int8:
        translator.use_int8()
        flags += ["--int8"]
    if arguments.shortlist:
        translator.use_shortlist(read_lexicon(arguments.shortlist))
        flags += ["--shortlist", str(arguments.shortlist)]
    precision = "int8" if arguments.int8 else translator.compute.precision
    result: dict[str, Any] = {"sentences": len(lines), "precision": precision, "flags": flags}
    for beam in (5, 1):
        translate(translator, lines[:64], beam)
        runs = [translate(translator, lines, beam) for _ in range(rounds)]
        spent = statistics.median(seconds for seconds, _ in runs)
        result[f"beam_{beam}"] = {
            "seconds": round(spent, 2),
            "sentences_per_s": round(len(lines) / spent, 1),
            "target_pieces_per_s": round(runs[0][1] / spent),
        }
    one = sorted(lines, key=len)[len(lines) // 2]
    warm = statistics.median(translate(translator, [one], 5)[0] for _ in range(20))
    cold = statistics.median(cold_seconds(run, one, threads, flags) for _ in range(rounds))
    result["latency_s"] = {"warm": round(warm, 4), "cold": round(cold, 2)}
    result["peak_memory_mb"] = round(peak_memory(translator.device) / 1e6)
    return {**result, "device": str(translator.device), "threads": threads, "torch": torch.__version__}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure translation with a trained run.")
    parser.add_argument("run", type=Path)
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--int8", action="store_true", help="as nmt translate --int8")
    parser.add_argument("--shortlist", type=Path, help="a lexicon, as nmt translate --shortlist")
    add_result_options(parser)
    arguments = parser.parse_args()
    lines = list(read_lines(arguments.source))
    result = measure(arguments, lines)
    report(result, ["beam_5.sentences_per_s", "beam_1.sentences_per_s"], arguments)


if __name__ == "__main__":
    main()
