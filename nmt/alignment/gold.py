"""Gold alignments, made by people: some links sure, some possible.

Two formats. One line a sentence: `i-j` is sure, `i?j` and `ipj` are possible only (the TALP form of the Pharaoh
format). Or one line a link, as in `nmt/alignment/formats/naacl.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nmt.alignment.formats.lines import format_lines
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


NO_LINKS = GoldLinks(frozenset(), frozenset())


class GoldFile:
    """The gold links of a file, by the number of the sentence, from 0."""

    def __init__(self, path: str | Path, base: int | None = None, option: str = "--gold-base") -> None:
        """`base` as in `read_gold`; `option` is what the user gives it by.

        Raises DataError for what is not a link, and for a file that seems to have another base than None stands for.
        """
        self.path = path
        self.names_sentences = is_naacl(path)
        self.sentences = list(read_gold(path, base))
        if base is None and not self.names_sentences:
            require_base_0(path, (links.possible for links in self.sentences), option)

    def __getitem__(self, number: int) -> GoldLinks:
        """The links of a sentence; none beyond the last."""
        return self.sentences[number] if number < len(self.sentences) else NO_LINKS

    def require_sentences(self, sentences: int, of: str) -> None:
        """Raises DataError unless the file has that many; `of` says what there are as many of.

        A NAACL file may have fewer: it names only sentences with links.
        """
        found = len(self.sentences)
        if found > sentences or found < sentences and not self.names_sentences:
            raise DataError(f"{self.path} has {found} sentences for {sentences} {of}; line n must be sentence n")

    def within(self, number: int, sources: int, targets: int) -> GoldLinks:
        """The links of a sentence of so many words. Raises DataError for a link to a word that it does not have."""
        for src, tgt in sorted(self[number].possible):
            if src >= sources or tgt >= targets:
                raise DataError(
                    f"{self.path}: sentence {number + 1} has a link {src}-{tgt}, counted from 0, but {sources} source"
                    f" and {targets} target words; the links must be of this text, cut into the same words"
                )
        return self[number]


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


def require_base_0(path: str | Path, sentences: Iterable[Iterable[tuple[int, int]]], option: str) -> None:
    """Raises DataError if `sentences`, read as counted from 0, hold links but none with a 0: in a corpus the first word
    of some sentence has a link, so the file seems to count from 1. `option` is how to say what it does."""
    links = [link for sentence in sentences for link in sentence]
    if links and all(0 not in link for link in links):
        raise DataError(
            f"{path}: no link holds a 0, so it seems to count from 1; say by {option} whether it counts from 0 or 1"
        )


def is_naacl(path: str | Path) -> bool:
    """Whether the file has one line a link; told by the first line that is not blank."""
    first = next((line for line in format_lines(path) if line.strip()), "")
    return NAACL_LINE.fullmatch(first.strip()) is not None
