"""Whether a text looks like the language that it should be in, by its pairs of neighbouring characters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice
from math import sqrt

LINES = 1000
"""So many lines of a text tell its language,"""

CHARACTERS = 500
"""and so many characters of each."""

MARGIN = 0.05
"""A text must be so much more similar to the other language than to its own to be suspected."""

Profile = Counter[str]
"""How often each two characters stand together."""


def wrong_languages(train: tuple[Profile, Profile], other: tuple[Profile, Profile]) -> list[bool]:
    """For source and target of `other`: whether it looks like the other side of `train` rather than its own."""
    return [similarity(other[side], train[1 - side]) > similarity(other[side], train[side]) + MARGIN for side in (0, 1)]


def profiles(pairs: Iterable[tuple[str, str]]) -> tuple[Profile, Profile]:
    """Of the first sources and targets."""
    first = list(islice(pairs, LINES))
    return _profile(src for src, _ in first), _profile(tgt for _, tgt in first)


def similarity(one: Profile, other: Profile) -> float:
    """Cosine of two profiles, from 0 to 1."""
    common = sum(count * other[pair] for pair, count in one.items())
    lengths = sum(count**2 for count in one.values()) * sum(count**2 for count in other.values())
    return common / sqrt(lengths) if lengths else 0.0


def _profile(lines: Iterable[str]) -> Profile:
    found: Profile = Counter()
    for line in lines:
        begin = line[:CHARACTERS]
        found.update(map("".join, zip(begin, begin[1:], strict=False)))
    return found
