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
        "warnings": _warnings(files, len(pairs), skipped, notes),
    }


def _side(path: str, texts: list[str], ids: list[list[int]], notes: Counter[str]) -> dict[str, Any]:
    lengths = [len(sentence) for sentence in ids]
    unknown = sum(sentence.count(UNK) for sentence in ids)
    return {
        "path": path,
        "mean_length": sum(lengths) / len(lengths),
        "max_length": max(lengths),
        "unknown_rate": unknown / sum(lengths),
        **{note: notes[note] for note in ("bom", "crlf", "nul", "control")},
        "not_nfc": sum(not unicodedata.is_normalized("NFC", text) for text in texts),
    }


def _warnings(
    files: ParallelFiles, lines: int, skipped: dict[str, list[int]], notes: tuple[Counter[str], Counter[str]]
) -> list[str]:
    found = []
    total = sum(len(numbers) for numbers in skipped.values())
    if total > SKIPPED_SHARE * lines:
        reasons = ", ".join(f"{reason} {len(numbers)}" for reason, numbers in skipped.items() if numbers)
        found.append(f"{files.src}: {total} of {lines} pairs skipped ({total / lines:.1%}): {reasons}")
    for path, counts in ((files.src, notes[0]), (files.tgt, notes[1])):
        if counts["nul"]:
            found.append(f"{path}: NUL bytes in {counts['nul']} lines, read as spaces")
    return found
