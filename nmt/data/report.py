"""Data report: what a person should know about a set of parallel files before believing a score."""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Any

from nmt.text.vocab import UNK

if TYPE_CHECKING:
    from nmt.data.config import ParallelFiles
    from nmt.data.corpus import Corpus

FIRST_LINES = 20
"""How many line numbers are listed for each reason."""

EXTREME_RATIO = 9
"""A pair whose longer side has more than this many times the pieces of the other is counted as extreme (the limit of
Moses' clean-corpus-n)."""

SKIPPED_SHARE = 0.01
"""More skipped pairs than this are worth a warning."""


def data_report(
    files: ParallelFiles,
    pairs: list[tuple[str, str]],
    corpus: Corpus,
    skipped: dict[str, list[int]],
    notes: tuple[Counter[str], Counter[str]],
) -> dict[str, Any]:
    """Counts about one set, ready for JSON.

    `lines` read and pairs `kept`; `skipped`, by reason, with a `count` and the first line `numbers`; of the kept pairs
    `duplicates` (seen before), `copies` (source text = target text) and `extreme_ratio`; for each side its `path`,
    `mean_length` and `max_length` in pieces, `unknown_rate` (share of pieces), the number of lines that have a `bom`, a
    `crlf`, a `nul` or another `control` character or are `not_nfc`; `warnings`, each one line.
    """
    kept = [pairs[line - 1] for line in corpus.line]
    counted = {reason: {"count": len(numbers), "numbers": numbers[:FIRST_LINES]} for reason, numbers in skipped.items()}
    ratios = (max(len(s), len(t)) / min(len(s), len(t)) for s, t in zip(corpus.src, corpus.tgt, strict=True))
    return {
        "lines": len(pairs),
        "kept": len(kept),
        "skipped": counted,
        "duplicates": len(kept) - len(set(kept)),
        "copies": sum(src == tgt for src, tgt in kept),
        "extreme_ratio": sum(ratio > EXTREME_RATIO for ratio in ratios),
        "src": _side(files.src, [src for src, _ in kept], corpus.src, notes[0]),
        "tgt": _side(files.tgt, [tgt for _, tgt in kept], corpus.tgt, notes[1]),
        "warnings": _warnings(files, len(pairs), {reason: len(lines) for reason, lines in skipped.items()}, notes),
    }


def merge_reports(files: ParallelFiles, parts: list[tuple[int, dict[str, Any]]]) -> dict[str, Any]:
    """The report of a set from those of its consecutive parts, each with the number of lines before it.

    `duplicates` are left out: they may be of different parts.
    """
    reports = [report for _, report in parts]
    skipped: dict[str, Any] = {}
    for reason in reports[0]["skipped"]:
        numbers = [before + n for before, report in parts for n in report["skipped"][reason]["numbers"]]
        count = sum(report["skipped"][reason]["count"] for report in reports)
        skipped[reason] = {"count": count, "numbers": numbers[:FIRST_LINES]}
    total = {name: sum(report[name] for report in reports) for name in ("lines", "kept", "copies", "extreme_ratio")}
    sides = {side: _merge_sides(reports, side) for side in ("src", "tgt")}
    counts = {reason: entry["count"] for reason, entry in skipped.items()}
    notes = Counter(sides["src"]), Counter(sides["tgt"])
    return {**total, "skipped": skipped, **sides, "warnings": _warnings(files, total["lines"], counts, notes)}


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
        **{note: sum(part[note] for part in sides) for note in ("bom", "crlf", "nul", "control", "not_nfc")},
    }


def _side(path: str, texts: list[str], ids: list[list[int]], notes: Counter[str]) -> dict[str, Any]:
    lengths = [len(sentence) for sentence in ids]
    unknown = sum(sentence.count(UNK) for sentence in ids)
    return {
        "path": path,
        "mean_length": sum(lengths) / max(1, len(lengths)),
        "max_length": max(lengths, default=0),
        "unknown_rate": unknown / max(1, sum(lengths)),
        **{note: notes[note] for note in ("bom", "crlf", "nul", "control")},
        "not_nfc": sum(not unicodedata.is_normalized("NFC", text) for text in texts),
    }


def _warnings(
    files: ParallelFiles, lines: int, skipped: dict[str, int], notes: tuple[Counter[str], Counter[Any]]
) -> list[str]:
    found = []
    total = sum(skipped.values())
    if total > SKIPPED_SHARE * lines:
        reasons = ", ".join(f"{reason} {count}" for reason, count in skipped.items() if count)
        found.append(f"{files.src}: {total} of {lines} pairs skipped ({total / lines:.1%}): {reasons}")
    for path, counts in ((files.src, notes[0]), (files.tgt, notes[1])):
        if counts["nul"]:
            found.append(f"{path}: NUL bytes in {counts['nul']} lines, read as spaces")
    return found
