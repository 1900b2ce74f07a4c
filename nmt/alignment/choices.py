"""The links of an export by each of several methods, so that one can be chosen by gold links of a development set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from nmt.alignment.alignment import Alignment
from nmt.alignment.formats.reading import best_records
from nmt.alignment.joint import joint_links
from nmt.alignment.links import Links, WordCounts, extract_links, parse_method
from nmt.alignment.symmetrize import check_method
from nmt.errors import DataError


class Choice(NamedTuple):
    """A way to take links: its name, such as `argmax=0.3 grow-diag`, and the links and words of each sentence by it."""

    name: str
    links: list[Links]
    words: list[WordCounts]


def best_alignments(path: Path) -> list[Alignment]:
    """The alignment of each line of an export with matrices (`READERS`); of an n-best list the best one.

    Errors: as `read_records`.
    """
    return [record.alignment for record in best_records(path)]


def stored_links(path: Path) -> Choice:
    """The links that stand in an export with matrices, by its name; of an n-best list those of the best one."""
    stored = [(record.links, _words(record.alignment)) for record in best_records(path)]
    return Choice(path.name, [links for links, _ in stored], [words for _, words in stored])


def each_choice(path: Path, methods: list[str], reverse: Path | None, symmetrisations: list[str]) -> Iterator[Choice]:
    """Each method on the export `path`; with one of the `reverse` direction, each method by each symmetrisation, but
    `agreement=X` once.

    Errors: UserError for an unknown name; DataError where both exports are not of the same sentences, token by token.
    """
    forward = best_alignments(path)
    back = None if reverse is None else best_alignments(reverse)
    if back is not None:
        _check_fit(path, forward, reverse, back)
    words = list(map(_words, forward))
    for method in methods:
        if back is None:
            yield Choice(method, [extract_links(alignment, method) for alignment in forward], words)
            continue
        agreement = parse_method(method).name == "agreement"
        for name in symmetrisations[:1] if agreement else map(check_method, symmetrisations):
            links = [joint_links(one, other, method, name) for one, other in zip(forward, back, strict=True)]
            yield Choice(method if agreement else f"{method} {name}", links, words)


def _words(alignment: Alignment) -> WordCounts:
    return len(alignment.src_tokens), len(alignment.tgt_tokens)


def _check_fit(path: Path, forward: list[Alignment], reverse: Path | None, back: list[Alignment]) -> None:
    if len(forward) != len(back):
        raise DataError(f"{reverse} has {len(back)} sentences and {path} has {len(forward)}; both must be of one text")
    for number, (one, other) in enumerate(zip(forward, back, strict=True), start=1):
        here, there = _words(one), _words(other)[::-1]
        if here != there:
            raise DataError(
                f"{reverse}: sentence {number} has {there[0]} and {there[1]} tokens, in {path} {here[0]} and {here[1]};"
                " export it with source and target exchanged"
            )
