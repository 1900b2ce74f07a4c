"""The off-by-one drift: links that all stand one word beside where they belong.

Koehn and Knowles 2017 ("Six Challenges for Neural Machine Translation", word alignment) found a model whose attention
was one position off throughout. Here the links are moved by -1, 0 and +1, on the source side or on the target side, and
each time compared with links that are known: gold links, or anchors found in the text itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any, Literal, get_args

from nmt.alignment.record import AlignmentRecord

Side = Literal["src", "tgt"]
Shift = tuple[Side, int]

SHIFTS: list[Shift] = [(side, step) for side in get_args(Side) for step in (-1, 0, 1)]
FEWEST = 20
"""Known links needed for a verdict."""
MARGIN = 0.1
"""How much more of the known links a shift must find than no shift does."""


def anchors(src_tokens: list[str], tgt_tokens: list[str]) -> list[tuple[int, int]]:
    """Links that need no aligner: a token that stands once on each side, such as a number, a name or a full stop."""
    src_counts, tgt_counts = Counter(src_tokens), Counter(tgt_tokens)
    places = {token: tgt for tgt, token in enumerate(tgt_tokens) if tgt_counts[token] == 1}
    return [(src, places[token]) for src, token in enumerate(src_tokens) if src_counts[token] == 1 and token in places]


class DriftDetector:
    """Counts, over a corpus, how many known links are found when the links are moved by each of SHIFTS."""

    def __init__(self) -> None:
        self.found: Counter[Shift] = Counter()
        self.possible: Counter[Side] = Counter()

    def add(self, record: AlignmentRecord, known: Collection[tuple[int, int]] | None = None) -> None:
        """One sentence more; `known` are its gold links, by default its `anchors`.

        A known link at the first or last word of the side that is moved does not count there: one of the moved links
        could not reach it.
        """
        alignment = record.alignment
        lengths: dict[Side, int] = {"src": len(alignment.src_tokens), "tgt": len(alignment.tgt_tokens)}
        links = set(record.links)
        for src, tgt in anchors(alignment.src_tokens, alignment.tgt_tokens) if known is None else known:
            places: dict[Side, int] = {"src": src, "tgt": tgt}
            inner: set[Side] = {side for side, place in places.items() if 0 < place < lengths[side] - 1}
            for side in inner:
                self.possible[side] += 1
            for side, step in SHIFTS:
                before = (src - step, tgt) if side == "src" else (src, tgt - step)
                self.found[side, step] += side in inner and before in links

    def agreement(self, side: Side, step: int) -> float | None:
        """The share of the known links that is found when every link is moved by `step` on `side`."""
        return self.found[side, step] / self.possible[side] if self.possible[side] else None

    def verdict(self) -> Shift | None:
        """The shift that would put the links right, if one finds at least MARGIN more known links than none does."""
        gains = {}
        for side, step in SHIFTS:
            moved, unmoved = self.agreement(side, step), self.agreement(side, 0)
            if moved is not None and unmoved is not None and self.possible[side] >= FEWEST:
                gains[side, step] = moved - unmoved
        best = max(gains, key=lambda shift: gains[shift], default=None)
        return best if best and gains[best] >= MARGIN else None

    def to_json(self) -> dict[str, Any]:
        """Agreement by side and step, the number of known links, and the verdict."""
        found = self.verdict()
        sides = {
            side: {"links": self.possible[side]} | {f"{step:+d}": self.agreement(side, step) for step in (-1, 0, 1)}
            for side in get_args(Side)
        }
        return {**sides, "shift": {"side": found[0], "step": found[1]} if found else None}
