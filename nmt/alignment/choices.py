"""The links of an export by each of several methods, so that one can be chosen by gold links of a development set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from nmt.alignment.alignment import Alignment
from nmt.alignment.formats.reading import best_records
from nmt.alignment.joint import joint_links
from nmt.alignment.links import Links, extract_links, parse_method
from nmt.alignment.symmetrize import check_method
from nmt.errors import DataError


class Choice(NamedTuple):
    """A way to take links: its name, such as `argmax=0.3 grow-diag`, and the links of each sentence by it."""

    name: str
    links: list[Links]


def best_alignments(path: Path) -> list[Alignment]:
    """The alignment of each line of an export with matrices (`READERS`); of an n-best list the best one.

    Errors: as `read_records`.
    """
    return [record.alignment for record in best_records(path)]


def stored_links(path: Path) -> list[Links]:
    """The links that stand in an export with matrices; of an n-best list those of the best one."""
    return [record.links for record in best_records(path)]


def each_choice(path: Path, methods: list[str], reverse: Path | None, symmetrisations: list[str]) -> Iterator[Choice]:
    """Each method on the export `path`; with one of the `reverse` direction, each method by each symmetrisation, but
    `agreement=X` once.

    Errors: UserError for an unknown name; DataError where both exports are not of the same sentences, token by token.
    """
    forward = best_alignments(path)
    back = None if reverse is None else best_alignments(reverse)
    if back is not None:
        _check_fit(path, forward, reverse, back)
    for method in methods:
        if back is None:
            yield Choice(method, [extract_links(alignment, method) for alignment in forward])
            continue
        agreement = parse_method(method).name == "agreement"
        for name in symmetrisations[:1] if agreement else map(check_method, symmetrisations):
            links = [joint_links(one, other, method, name) for one, other in zip(forward, back, strict=True)]
            yield Choice(method if agreement else f"{method} {name}", links)


def _check_fit(path: Path, forward: list[Alignment], reverse: Path | None, back: list[Alignment]) -> None:
    if len(forward) != len(back):
        raise DataError(f"{reverse} has {len(back)} sentences and {path} has {len(forward)}; both must be of one text")
    for number, (one, other) in enumerate(zip(forward, back, strict=True), start=1):
        here, there = (len(one.src_tokens), len(one.tgt_tokens)), (len(other.tgt_tokens), len(other.src_tokens))
        if here != there:
            raise DataError(
                f"{reverse}: sentence {number} has {there[0]} and {there[1]} tokens, in {path} {here[0]} and {here[1]};"
                " export it with source and target exchanged"
            )
