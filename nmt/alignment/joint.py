"""Links of two directions: those of each made one set, or the pairs that both give weight to.

Dimensions: S source tokens, T target tokens, without EOS.
"""

from __future__ import annotations

import numpy as np

from nmt.alignment.alignment import Alignment
from nmt.alignment.links import Links, extract_links, parse_method
from nmt.alignment.symmetrize import symmetrize, transpose


def joint_links(forward: Alignment, reverse: Alignment | None, method: str, symmetrisation: str) -> Links:
    """The links of `forward` and of `reverse`, which is of the same pair by a model that reads the target and writes
    the source; None gives no links.

    By `argmax`, `argmax=X` or `threshold=X` each direction has its own links, which `symmetrisation` makes one;
    `agreement=X` compares the weights instead. Raises UserError for another method or symmetrisation.
    """
    name, least = parse_method(method)
    if name == "agreement":
        return [] if reverse is None else agreement_links(forward, reverse, least)
    back = [] if reverse is None else transpose(extract_links(reverse, method))
    return symmetrize(extract_links(forward, method), back, symmetrisation)


def agreement_links(forward: Alignment, reverse: Alignment, least: float) -> Links:
    """Every pair of tokens whose weights in both directions have a geometric mean of at least `least`.

    As the links of two agreeing models (Liang et al. 2006) are taken from the product of their posteriors.
    Raises ValueError when `reverse` is not of the same tokens.
    """
    targets, sources = len(forward.tgt_tokens), len(forward.src_tokens)
    if (len(reverse.src_tokens), len(reverse.tgt_tokens)) != (targets, sources):
        raise ValueError(f"the reverse direction is not of {sources} source and {targets} target tokens")
    mean_TS = np.sqrt(forward.weights_TS[:targets, :sources] * reverse.weights_TS[:sources, :targets].T)
    rows, columns = np.nonzero(mean_TS >= np.float32(least))
    return sorted(zip(columns.tolist(), rows.tolist(), strict=True))
