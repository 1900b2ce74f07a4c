"""Which links of the two directions of a statistical aligner: those of one, or both made one set."""

from __future__ import annotations

from typing import Literal

from nmt.alignment.links import Links
from nmt.alignment.symmetrize import symmetrize

Combination = Literal[
    "forward", "reverse", "intersection", "union", "grow-diag", "grow-diag-final", "grow-diag-final-and"
]


def combine(forward: Links, reverse: Links, combination: Combination) -> Links:
    """One set of links; those of both directions are (source, target)."""
    if combination == "forward":
        return sorted(forward)
    if combination == "reverse":
        return sorted(reverse)
    return symmetrize(forward, reverse, combination)
