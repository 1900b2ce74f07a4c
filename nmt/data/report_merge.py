"""The report of a set of parallel files from those of its consecutive parts."""

from __future__ import annotations

from typing import Any

from nmt.data.report import FIRST_LINES, NOTES, warnings


def merge_reports(reports: list[dict[str, Any]]) -> dict[str, Any]:
    """As `SetReport.result`, but of the `duplicates` only those within one part are counted."""
    total = {name: sum(report[name] for report in reports) for name in ("lines", "kept", "duplicates")}
    numbered = {what: _merge_numbered([report[what] for report in reports]) for what in ("skipped", "suspicious")}
    sides = {side: _merge_sides(reports, side) for side in ("src", "tgt")}
    found = {**total, **numbered, **sides}
    return {**found, "warnings": warnings(found)}


def _merge_numbered(parts: list[dict[str, Any]]) -> dict[str, Any]:
    merged = {}
    for reason in parts[0]:
        numbers = [number for part in parts for number in part[reason]["numbers"]]
        merged[reason] = {"count": sum(part[reason]["count"] for part in parts), "numbers": numbers[:FIRST_LINES]}
    return merged


def _merge_sides(reports: list[dict[str, Any]], side: str) -> dict[str, Any]:
    sides = [report[side] for report in reports]
    kept = [report["kept"] for report in reports]
    pieces = [part["mean_length"] * count for part, count in zip(sides, kept, strict=True)]
    unknown = sum(part["unknown_rate"] * count for part, count in zip(sides, pieces, strict=True))
    return {
        "path": sides[0]["path"],
        "mean_length": sum(pieces) / max(1, sum(kept)),
        "max_length": max(part["max_length"] for part in sides),
        "unknown_rate": unknown / max(1.0, sum(pieces)),
        **{note: sum(part[note] for part in sides) for note in (*NOTES, "not_nfc")},
    }
