"""`nmt check`: everything that can be found before training, and what training will cost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from nmt.pipeline.estimate import Estimate

EPILOG = """\b
Examples:
  nmt check --config my.yaml
  nmt check --source train.en --target train.de --json
"""
SHOWN = 5
"""How many line numbers of a reason are shown to people."""


def check(
    config: Annotated[Path | None, typer.Option(help="Config file: it and all its text are checked.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a key.")] = None,
    source: Annotated[Path | None, typer.Option(help="Without a config: source side of two parallel files.")] = None,
    target: Annotated[Path | None, typer.Option(help="Target side.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings are errors: exit code 2.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check a config and its text, or two text files, and print a data report. Nothing is written."""
    from nmt.commands.output import write_report
    from nmt.errors import UserError

    if (config is None) == (source is None) or (source is None) != (target is None) or (set_ and config is None):
        raise UserError("give --config, with --set if need be, or --source and --target")
    cost: Estimate | None = None
    if config is not None:
        sets, cost, unit = *_of_config(config, set_ or []), "pieces"
    else:
        sets, unit = {"text": _of_files(str(source), str(target))}, "words"
    if as_json:
        found: dict[str, Any] = {"sets": sets, **({"estimate": cost._asdict()} if cost else {})}
        write_report(json.dumps(found, ensure_ascii=False))
    else:
        write_report(*_set_lines(sets, unit), *(_cost_lines(cost) if cost else []))
    warnings = [warning for report in sets.values() for warning in report["warnings"]]
    if strict and warnings:
        raise UserError(*warnings)


def _of_config(path: Path, changes: list[str]) -> tuple[dict[str, dict[str, Any]], Estimate]:
    from nmt.commands.given_config import given_config
    from nmt.config.experiment import Experiment
    from nmt.config.late import late_mistakes
    from nmt.pipeline.estimate import estimate
    from nmt.pipeline.training import plan

    experiment = given_config(path, changes)
    with late_mistakes(Experiment, path, changes):
        ready = plan(experiment, None, trial=True)
    return ready.prepared.report, estimate(experiment, ready)


def _of_files(src: str, tgt: str) -> dict[str, Any]:
    """The report of two files in words between spaces, one pair in memory at a time."""
    from nmt.data.config import ParallelFiles
    from nmt.data.pairs import stream_pairs
    from nmt.data.report import SetReport
    from nmt.text.tokenizers.tokenizer import prepare

    report = SetReport(ParallelFiles(src=src, tgt=tgt))
    for pair in stream_pairs(src, tgt, report.notes):
        words = [prepare(text, lowercase=False).split() for text in pair]
        report.add(pair, *words)
    found = report.result()
    for side in ("src", "tgt"):
        del found[side]["unknown_rate"]
    return found


def _set_lines(sets: dict[str, dict[str, Any]], unit: str) -> list[str]:
    lines = []
    for name, report in sets.items():
        lines.append(f"{name}: {report['lines']} pairs, {report['kept']} kept, {report['duplicates']} duplicates")
        for what in ("skipped", "suspicious"):
            found = [_numbered(reason, counted) for reason, counted in report[what].items() if counted["count"]]
            lines += [f"{name}: {what}: {'; '.join(found)}"] if found else []
        if report.get("overlap_with_train"):
            lines.append(f"{name}: {report['overlap_with_train']} pairs are in the training data")
        for side in ("src", "tgt"):
            lines.append(f"{name}: {_side(report[side], unit)}")
    return lines + [f"warning: {warning}" for report in sets.values() for warning in report["warnings"]]


def _numbered(reason: str, counted: dict[str, Any]) -> str:
    """`empty_src 12 (lines 5, 10, 15, 20, 25, ...)`."""
    shown = [str(number) for number in counted["numbers"][:SHOWN]]
    more = ", ..." if counted["count"] > len(shown) else ""
    return f"{reason} {counted['count']} (lines {', '.join(shown)}{more})"


def _side(side: dict[str, Any], unit: str) -> str:
    unknown = f", {side['unknown_rate']:.2%} unknown" if "unknown_rate" in side else ""
    notes = [f", {note} in {side[note]} lines" for note in ("bom", "crlf", "nul", "control", "not_nfc") if side[note]]
    lengths = f"{side['mean_length']:.1f} {unit} a line, at most {side['max_length']}"
    return f"{side['path']}: {lengths}{unknown}{''.join(notes)}"


def _cost_lines(cost: Estimate) -> list[str]:
    from nmt.commands.progress import clock

    sentences, tokens = cost.largest_batch
    whole = f"; {cost.epochs:.1f} epochs {clock(cost.epochs * cost.seconds)}" if cost.epochs else ""
    return [
        f"memory: {cost.memory_bytes / 1e6:.0f} MB, {cost.parameters:,} parameters, "
        f"largest batch {sentences} x {tokens} tokens",
        f"time: {cost.updates} updates an epoch, {clock(cost.seconds)}{whole}; without validation",
    ]
