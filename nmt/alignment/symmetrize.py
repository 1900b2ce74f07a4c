"""Two directed alignments made one: Och and Ney 2003, section 4; Koehn et al. 2003, "Statistical Phrase-Based
Translation", section 4; Koehn et al. 2005 ("Edinburgh System Description for the 2005 IWSLT"), with `final-and`.

The order in which links are tried decides where several compete. It is that of the published pseudocode and of Moses'
`symal`: by target, then by source. fast_align's `atools` has the same rules but goes by source, then by target, and
looks at the candidates, not at the links they stand beside, so that a few links can differ.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heappush

from nmt.alignment.links import Links
from nmt.errors import UserError

Cells = set[tuple[int, int]]
"""(target, source), so that their order is that in which links are tried."""

NEIGHBOURS = ((-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))


def intersection(forward: Cells, reverse: Cells) -> Cells:
    """The links that both directions have."""
    return forward & reverse


def union(forward: Cells, reverse: Cells) -> Cells:
    """The links that either direction has."""
    return forward | reverse


def grow_diag(forward: Cells, reverse: Cells) -> Cells:
    """The intersection, grown by links of the union that stand beside a link already taken, also diagonally, and whose
    source or target word has none yet."""
    taken, either = forward & reverse, forward | reverse
    targets, sources = {target for target, _ in taken}, {source for _, source in taken}
    growing = True
    while growing:
        growing = False
        ahead = list(taken)
        heapify(ahead)
        while ahead:
            target, source = heappop(ahead)
            for down, right in NEIGHBOURS:
                new = (target + down, source + right)
                if new in either and not (new[0] in targets and new[1] in sources):
                    growing = True
                    taken.add(new)
                    targets.add(new[0])
                    sources.add(new[1])
                    if new > (target, source):
                        heappush(ahead, new)
    return taken


def grow_diag_final(forward: Cells, reverse: Cells) -> Cells:
    """`grow_diag`, then every link whose source or target word has none yet: those of `forward`, then of `reverse`."""
    return _final(grow_diag(forward, reverse), forward, reverse, both_free=False)


def grow_diag_final_and(forward: Cells, reverse: Cells) -> Cells:
    """`grow_diag`, then every link whose source and target word both have none yet."""
    return _final(grow_diag(forward, reverse), forward, reverse, both_free=True)


def _final(taken: Cells, forward: Cells, reverse: Cells, both_free: bool) -> Cells:
    targets, sources = {target for target, _ in taken}, {source for _, source in taken}
    for direction in (forward, reverse):
        for target, source in sorted(direction - taken):
            bound = (target in targets, source in sources)
            if not (any(bound) if both_free else all(bound)):
                taken.add((target, source))
                targets.add(target)
                sources.add(source)
    return taken


METHODS: dict[str, Callable[[Cells, Cells], Cells]] = {
    "intersection": intersection,
    "union": union,
    "grow-diag": grow_diag,
    "grow-diag-final": grow_diag_final,
    "grow-diag-final-and": grow_diag_final_and,
}


def check_method(name: str) -> str:
    """The name. Raises UserError, with the nearest name, for an unknown one."""
    if name in METHODS:
        return name
    near = difflib.get_close_matches(name, METHODS, n=1)
    advice = f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(METHODS)}"
    raise UserError(f"symmetrisation {name!r} is unknown; {advice}")


def symmetrize(forward: Iterable[tuple[int, int]], reverse: Iterable[tuple[int, int]], method: str) -> Links:
    """Both directions made one; all links are (source, target) of one and the same pair, as a model of the other
    direction gives them after `transpose`. Raises UserError for an unknown method."""
    combine = METHODS[check_method(method)]
    cells = combine({(tgt, src) for src, tgt in forward}, {(tgt, src) for src, tgt in reverse})
    return sorted((src, tgt) for tgt, src in cells)


def transpose(links: Iterable[tuple[int, int]]) -> Links:
    """The links of a model that reads the target and writes the source, as (source, target)."""
    return sorted((src, tgt) for tgt, src in links)
