"""Gold alignments, made by people: some links sure, some possible.

Two formats. One line a sentence: `i-j` is sure, `i?j` and `ipj` are possible only (the TALP form of the Pharaoh
format). Or one line a link, as in `nmt/alignment/formats/naacl.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nmt.alignment.formats.naacl import NAACL_LINE, read_naacl
from nmt.alignment.formats.pharaoh import read_links
from nmt.errors import DataError

LinkSet = frozenset[tuple[int, int]]


@dataclass(frozen=True)
class GoldLinks:
    """The gold links of one sentence, counted from 0. A sure link is also possible."""

    sure: LinkSet
    possible: LinkSet
    """All links, the sure ones among them. Raises ValueError when they are not."""

    def __post_init__(self) -> None:
        if not self.sure <= self.possible:
            raise ValueError("every sure link must be among the possible ones")


def read_gold(path: str | Path, base: int | None = None) -> Iterator[GoldLinks]:
    """The gold links of each sentence, of a file of either format. `base` is the number of the first token in the file,
    0 or 1; None is what the format says: 1 for NAACL, else 0.

    Raises DataError, with file and line, for what is not a link.
    """
    sentences = read_naacl(path, 1 if base is None else base) if is_naacl(path) else read_links(path, base or 0)
    for links in sentences:
        yield GoldLinks(
            sure=frozenset((link.src, link.tgt) for link in links if link.sure),
            possible=frozenset((link.src, link.tgt) for link in links),
        )


def require_base_0(path: str | Path, sentences: Iterable[Iterable[tuple[int, int]]], flag: str) -> None:
    """Raises DataError if `sentences`, read as counted from 0, hold links but none with a 0: in a corpus the first word
    of some sentence has a link, so the file seems to count from 1. `flag` is how to say so."""
    links = [link for sentence in sentences for link in sentence]
    if links and all(0 not in link for link in links):
        raise DataError(
            f"{path}: no link holds a 0, so it seems to count from 1; say what it does with `nmt align-eval {flag} 1`"
            f" or `{flag} 0`"
        )


def is_naacl(path: str | Path) -> bool:
    """Whether the file has one line a link; told by the first line that is not blank."""
    from nmt.text.reader import read_lines

    first = next((line for line in read_lines(path) if line.strip()), "")
    return NAACL_LINE.fullmatch(first.strip()) is not None
