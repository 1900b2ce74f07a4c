"""What the benchmarks have in common: peak memory, their options, and how a result is printed, compared and written."""

from __future__ import annotations

import argparse
import json
import resource
from pathlib import Path
from typing import Any

import torch


def peak_memory(device: torch.device) -> float:
    """MB: of the process, or of the GPU."""
    if device.type == "cuda":
        return torch.cuda.max_memory_reserved(device) / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def add_result_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("-o", "--output", type=Path, help="JSON file to write")
    parser.add_argument("--against", type=Path, help="JSON file of an earlier run: prints the ratios of the speeds")


def report(result: dict[str, Any], speeds: list[str], arguments: argparse.Namespace) -> None:
    """Prints the result, and how many times faster it is than the earlier one in each of its speeds (a.b: b of a)."""
    print(json.dumps(result, indent=1))
    if arguments.against:
        before = json.loads(arguments.against.read_text(encoding="utf-8"))
        for speed in speeds:
            print(f"{speed} against {arguments.against}: {_value(result, speed) / _value(before, speed):.3f}")
    if arguments.output:
        arguments.output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8", newline="\n")


def _value(result: dict[str, Any], speed: str) -> float:
    value: Any = result
    for key in speed.split("."):
        value = value[key]
    return value
