"""Links: the hard alignment, pairs of a source and a target token, taken from the soft one.

Dimensions: S source tokens, T target tokens, each with EOS where the alignment has it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nmt.alignment.alignment import Alignment
from nmt.errors import UserError

Links = list[tuple[int, int]]
"""(source, target) indices, counted from 0, sorted, none twice; never EOS."""


def argmax_links(alignment: Alignment) -> Links:
    """Each target token linked to the source token it attends to most, the first one of equals.

    A target token whose most attended column is EOS stays unlinked (EOS is where attention rests when it has nothing to
    read), and so does one whose row is zeros.
    """
    rows_TS = alignment.weights_TS[: len(alignment.tgt_tokens)]
    best_T = [int(row_S.argmax()) if row_S.any() else len(alignment.src_tokens) for row_S in rows_TS]
    return sorted((src, tgt) for tgt, src in enumerate(best_T) if src < len(alignment.src_tokens))


def threshold_links(alignment: Alignment, threshold: float) -> Links:
    """Every pair of tokens whose weight is at least `threshold`: none, one or several for a target token."""
    rows_TS = alignment.weights_TS[: len(alignment.tgt_tokens), : len(alignment.src_tokens)]
    targets, sources = np.nonzero(rows_TS >= np.float32(threshold))
    return sorted(zip(sources.tolist(), targets.tolist(), strict=True))


def extract_links(alignment: Alignment, method: str) -> Links:
    """The links by `argmax` or `threshold=X`. Raises UserError for another method."""
    return parse_method(method)(alignment)


def parse_method(method: str) -> Callable[[Alignment], Links]:
    """The function that `argmax` or `threshold=X` (0 < X <= 1) stands for. Raises UserError for anything else."""
    if method == "argmax":
        return argmax_links
    name, _, number = method.partition("=")
    if name != "threshold":
        raise UserError(f"link method {method!r} is unknown; use argmax or threshold=0.3")
    try:
        threshold = float(number)
    except ValueError:
        raise UserError(
            f"link method {method!r}: {number!r} is not a number; write for example threshold=0.3"
        ) from None
    if not 0 < threshold <= 1:
        raise UserError(f"link method {method!r}: the threshold must be above 0 and at most 1")
    return lambda alignment: threshold_links(alignment, threshold)
