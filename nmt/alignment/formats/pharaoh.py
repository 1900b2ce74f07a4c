"""Pharaoh: one line a sentence, `0-0 1-2`: source-target, counted from 0, sorted, no EOS. With scores `0-0:0.93`.

Read by Moses, fast_align's `atools`, awesome-align and Marian's guided alignment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from nmt.alignment.formats.lines import format_lines
from nmt.alignment.formats.writer import AlignmentWriter
from nmt.alignment.links import Links
from nmt.alignment.record import AlignmentRecord
from nmt.errors import DataError
from nmt.text.output import open_output

LINK = re.compile(r"([0-9]{1,9})([-?p])([0-9]{1,9})(?::([0-9.eE+-]+))?")


class ParsedLink(NamedTuple):
    """One link of a line, with indices counted from 0."""

    src: int
    tgt: int
    sure: bool
    """`i-j` is sure, `i?j` and `ipj` are possible only."""
    score: float | None


class PharaohWriter(AlignmentWriter):
    name = "pharaoh"

    def write(self, record: AlignmentRecord) -> None:
        self.write_links(record.links)

    def write_links(self, links: Links) -> None:
        """The line of one sentence."""
        self.write_line(" ".join(f"{src}-{tgt}" for src, tgt in sorted(links)))


class ScoredPharaohWriter(AlignmentWriter):
    """Pharaoh with the weight of each link after a colon, as `%g`."""

    name = "pharaoh-scores"

    def write(self, record: AlignmentRecord) -> None:
        weights_TS = record.alignment.weights_TS
        self.write_line(" ".join(f"{src}-{tgt}:{weights_TS[tgt, src]:g}" for src, tgt in sorted(record.links)))


def write_pharaoh(path: str | Path, links: Iterable[Links]) -> None:
    """Writes the links of each sentence as a line. Raises UserError when the file cannot be made."""
    with open_output(path) as stream:
        writer = PharaohWriter(stream)
        for found in links:
            writer.write_links(found)
        writer.finish()


def read_pharaoh(path: str | Path, base: int = 0) -> Iterator[Links]:
    """The links of each line, sorted, each once, counted from 0 whatever the file's `base`; scores are left out.

    Raises DataError for what is no link, and for a possible link (`i?j`), which only a gold file may hold.
    """
    for links in read_links(path, base, possible=False):
        yield sorted({(link.src, link.tgt) for link in links})


def read_scored_pharaoh(path: str | Path) -> Iterator[list[tuple[int, int, float]]]:
    """(source, target, weight) of each line of `pharaoh-scores`. Raises DataError for a link without a score."""
    for number, links in enumerate(read_links(path, possible=False), start=1):
        scored = []
        for link in links:
            if link.score is None:
                raise DataError(f"{path}:{number}: '{link.src}-{link.tgt}' has no score; write it as 0-0:0.9")
            scored.append((link.src, link.tgt, link.score))
        yield scored


def read_links(path: str | Path, base: int = 0, possible: bool = True) -> Iterator[list[ParsedLink]]:
    """Every link of each line, in the file's order; `base` is 0 or 1, the number of the first token in the file.

    Raises DataError, with file and line, for what is no link, and for `i?j` or `ipj` unless `possible`.
    """
    if base not in (0, 1):
        raise ValueError(f"base must be 0 or 1, not {base}")
    for number, line in enumerate(format_lines(path), start=1):
        try:
            yield [_parse(text, base, possible) for text in line.split()]
        except ValueError as error:
            raise DataError(f"{path}:{number}: {error}") from None


def _parse(text: str, base: int, possible: bool) -> ParsedLink:
    match = LINK.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a link; write source-target as 0-0")
    src, mark, tgt, score = match.groups()
    if mark != "-" and not possible:
        raise ValueError(f"{text!r} is a possible link, which only a gold file may hold; write it as {src}-{tgt}")
    if int(src) < base or int(tgt) < base:
        raise ValueError(f"{text!r} holds a 0, but the indices are to count from 1; read the file with base 0")
    try:
        return ParsedLink(int(src) - base, int(tgt) - base, mark == "-", None if score is None else float(score))
    except ValueError:
        raise ValueError(f"{text!r} is not a link: {score!r} is not a number") from None
