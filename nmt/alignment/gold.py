"""Gold alignments, made by people: some links sure, some possible.

One line a sentence: `i-j` is sure, `i?j` and `ipj` are possible only (the TALP form of the Pharaoh format).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nmt.alignment.formats.pharaoh import read_links

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


def read_gold(path: str | Path, base: int = 0) -> Iterator[GoldLinks]:
    """The gold links of each line; `base` is 0 or 1, the number of the first token in the file.

    Raises DataError, with file and line, for what is not a link.
    """
    for links in read_links(path, base):
        yield GoldLinks(
            sure=frozenset((link.src, link.tgt) for link in links if link.sure),
            possible=frozenset((link.src, link.tgt) for link in links),
        )
