"""Links: the hard alignment, pairs of a source and a target token, taken from the soft one.

Dimensions: S source tokens, T target tokens, each with EOS where the alignment has it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nmt.alignment.alignment import Alignment
from nmt.errors import UserError

Links = list[tuple[int, int]]
"""(source, target) indices, counted from 0, sorted, none twice; never EOS."""

WordCounts = tuple[int, int]
"""How many source and target words a sentence has."""

METHODS = ("argmax", "threshold", "agreement")


class LinkMethod(NamedTuple):
    """How links are taken from weights."""

    name: str
    """One of `METHODS`; `agreement` is of two directions (`nmt/alignment/joint.py`)."""
    least: float
    """Smallest weight of a link; of `agreement` the smallest geometric mean of its weights in both directions."""


def argmax_links(alignment: Alignment, least: float = 0.0) -> Links:
    """Each target token linked to the source token it attends to most, the first one of equals.

    A target token whose most attended column is EOS stays unlinked (EOS is where attention rests when it has nothing to
    read), and so does one whose row is zeros or whose largest weight is below `least`.
    """
    rows_TS = alignment.weights_TS[: len(alignment.tgt_tokens)]
    sources = len(alignment.src_tokens)
    best_T = [int(row_S.argmax()) if row_S.any() and row_S.max() >= np.float32(least) else sources for row_S in rows_TS]
    return sorted((src, tgt) for tgt, src in enumerate(best_T) if src < sources)


def threshold_links(alignment: Alignment, threshold: float) -> Links:
    """Every pair of tokens whose weight is at least `threshold`: none, one or several for a target token."""
    rows_TS = alignment.weights_TS[: len(alignment.tgt_tokens), : len(alignment.src_tokens)]
    targets, sources = np.nonzero(rows_TS >= np.float32(threshold))
    return sorted(zip(sources.tolist(), targets.tolist(), strict=True))


def extract_links(alignment: Alignment, method: str) -> Links:
    """The links by `argmax`, `argmax=X` or `threshold=X`. Raises UserError for another method."""
    name, least = parse_method(method)
    if name == "agreement":
        raise UserError(f"link method {method!r} compares two directions; give a run or export of the other one")
    return argmax_links(alignment, least) if name == "argmax" else threshold_links(alignment, least)


def parse_method(method: str) -> LinkMethod:
    """What `argmax`, `argmax=X`, `threshold=X` or `agreement=X` (0 < X <= 1) stands for. Raises UserError for anything
    else."""
    name, given, number = method.partition("=")
    if name not in METHODS:
        raise UserError(
            f"link method {method!r} is unknown; use argmax, argmax=0.3, threshold=0.3 or, of two directions,"
            " agreement=0.3"
        )
    if name == "argmax" and not given:
        return LinkMethod(name, 0.0)
    try:
        least = float(number)
    except ValueError:
        raise UserError(f"link method {method!r}: {number!r} is not a number; write for example {name}=0.3") from None
    if not 0 < least <= 1:
        raise UserError(f"link method {method!r}: the number must be above 0 and at most 1")
    return LinkMethod(name, least)
