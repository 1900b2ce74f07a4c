"""The diagnostics of a whole corpus, gathered one sentence at a time, as JSON and as text for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

from nmt.alignment.diagnostics import Diagnostics, diagnose
from nmt.alignment.drift import DriftDetector, Side
from nmt.alignment.record import AlignmentRecord

SIDES: dict[Side, str] = {"src": "source", "tgt": "target"}
SHOWN = 20
"""Words in a list of the most frequent ones."""


class CorpusDiagnostics:
    """Memory grows with the number of different words, not with that of sentences."""

    def __init__(self) -> None:
        self.sentences = self.src_tokens = self.tgt_tokens = self.links = 0
        self.sums: Counter[str] = Counter()
        self.weights: Counter[str] = Counter()
        self.words: dict[str, Counter[str]] = {"untranslated": Counter(), "repeated": Counter()}
        self.drift = DriftDetector()

    def add(self, record: AlignmentRecord, known: Collection[tuple[int, int]] | None = None) -> Diagnostics:
        """One sentence more, and its own diagnostics; `known` are its gold links, for the drift alone."""
        found = diagnose(record)
        self.sentences += 1
        self.src_tokens += found.src_length
        self.tgt_tokens += found.tgt_length
        self.links += len(record.links)
        for name, weight in (
            ("entropy", found.tgt_length),
            ("eos_mass", found.tgt_length),
            ("kendall_tau", 1),
            ("diagonal_distance", len(record.links)),
        ):
            value = getattr(found, name)
            if value is not None:
                self.sums[name] += value * weight
                self.weights[name] += weight
        for name, counts in self.words.items():
            counts.update(record.alignment.src_tokens[index] for index in getattr(found, name))
        self.drift.add(record, known)
        return found

    def mean(self, name: str) -> float | None:
        """Entropy and EOS mass over target tokens, tau over sentences, distance over links; None where none has it."""
        return self.sums[name] / self.weights[name] if self.weights[name] else None

    def to_json(self) -> dict[str, Any]:
        return {
            "sentences": self.sentences,
            "src_tokens": self.src_tokens,
            "tgt_tokens": self.tgt_tokens,
            "links": self.links,
            **{name: self.mean(name) for name in ("entropy", "eos_mass", "kendall_tau", "diagonal_distance")},
            **{
                name: {"tokens": sum(counts.values()), "words": dict(_most_frequent(counts))}
                for name, counts in self.words.items()
            },
            "drift": self.drift.to_json(),
        }

    def lines(self) -> list[str]:
        """For people: a line a measure."""
        lines = [
            f"sentences          {self.sentences} ({self.src_tokens} source and {self.tgt_tokens} target tokens, "
            f"{self.links} links)",
            f"entropy            {_number(self.mean('entropy'))} nats a target token",
            f"weight on EOS      {_number(self.mean('eos_mass'))} a target token",
            f"Kendall's tau      {_number(self.mean('kendall_tau'))} (1 is monotone)",
            f"diagonal distance  {_number(self.mean('diagonal_distance'))} (0 is on the diagonal)",
        ]
        for name, counts in self.words.items():
            total = sum(counts.values())
            share = f" ({100 * total / self.src_tokens:.1f} % of source tokens)" if total else ""
            lines.append(f"{name:<18} {total}{share}")
            if total:
                lines.append("  " + ", ".join(f"{word} {count}" for word, count in _most_frequent(counts)))
        return [*lines, *self._drift_lines()]

    def _drift_lines(self) -> list[str]:
        lines = []
        for side, name in SIDES.items():
            shares = ", ".join(f"{step:+d}: {_number(self.drift.agreement(side, step))}" for step in (-1, 0, 1))
            lines.append(f"moved on {name:<6}    {shares} of {self.drift.possible[side]} known links found")
        found = self.drift.verdict()
        moved = f"likely: the links belong {found[1]:+d} on the {SIDES[found[0]]} side" if found else "no sign of it"
        return [*lines, f"off-by-one drift   {moved}"]


def _most_frequent(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:SHOWN]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
