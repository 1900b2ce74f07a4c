"""What the benchmarks have in common: their options, and how a result is printed, compared and written."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any


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
