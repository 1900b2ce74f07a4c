"""A3, the text format of GIZA++: three lines a sentence pair, counted from 1, links only.

    # Sentence pair (1) source length 2 target length 3 alignment score : 0.25
    the house .
    NULL ({ }) das ({ 1 }) Haus ({ 2 3 })

The numbers after a source word are the target words that it is linked to; those after NULL have no link. The score is
the probability of the target, 0 where it is unknown. Tokens are escaped as `nmt/alignment/formats/escapes.py` says.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from nmt.alignment.formats.escapes import join_tokens, split_tokens, unescape_token
from nmt.alignment.formats.lines import format_lines
from nmt.alignment.formats.writer import AlignmentWriter
from nmt.alignment.links import Links
from nmt.alignment.record import AlignmentRecord
from nmt.errors import DataError

HEADER = re.compile(
    r"# Sentence pair \(([0-9]+)\) source length ([0-9]+) target length ([0-9]+) alignment score : ([0-9.eE+-]+)"
)
NULL = "NULL"


class A3Pair(NamedTuple):
    """What the format holds of a record; `id` and links count from 0."""

    id: int
    src_tokens: list[str]
    tgt_tokens: list[str]
    links: Links
    score: float


class A3Writer(AlignmentWriter):
    name = "a3"

    def write(self, record: AlignmentRecord) -> None:
        alignment = record.alignment
        source, target = len(alignment.src_tokens), len(alignment.tgt_tokens)
        score = 0 if alignment.score is None else math.exp(alignment.score)
        lengths = f"source length {source} target length {target}"
        self.write_line(f"# Sentence pair ({record.id + 1}) {lengths} alignment score : {score:g}")
        self.write_line(join_tokens(alignment.tgt_tokens))
        linked: list[list[int]] = [[] for _ in range(source)]
        for src, tgt in sorted(record.links):
            linked[src].append(tgt + 1)
        free = sorted(set(range(1, target + 1)).difference(*linked))
        words = [NULL, *(join_tokens([token]) for token in alignment.src_tokens)]
        self.write_line(" ".join(map(_group, words, [free, *linked])))


def _group(word: str, targets: list[int]) -> str:
    return " ".join((word, "({", *map(str, targets), "})"))


def read_a3(path: str | Path) -> Iterator[A3Pair]:
    """The pairs of the file. Raises DataError, with file and line, for what are not three such lines."""
    with closing(format_lines(path)) as text:
        lines = enumerate(text, start=1)
        for number, header in lines:
            match = HEADER.fullmatch(header)
            if match is None:
                raise DataError(f"{path}:{number}: not `# Sentence pair (1) source length ...`")
            following = [line for _, line in islice(lines, 2)]
            try:
                if len(following) < 2:
                    raise ValueError("the file ends within a pair; each has three lines")
                yield _pair(match, *following)
            except ValueError as error:
                raise DataError(f"{path}:{number}: {error}") from None


def _pair(header: re.Match[str], target: str, groups: str) -> A3Pair:
    number, sources, targets = (int(header[group]) for group in (1, 2, 3))
    tgt_tokens = split_tokens(target)
    words, linked = _parse_groups(groups)
    if (len(words) - 1, len(tgt_tokens)) != (sources, targets) or words[0] != NULL:
        raise ValueError(
            f"NULL, {sources} source and {targets} target words are announced, but there are other ones or not as many"
        )
    links = sorted((src, tgt - 1) for src, group in enumerate(linked[1:]) for tgt in group)
    if any(not 0 <= tgt < targets for _, tgt in links):
        raise ValueError(f"a source word is linked to a target word outside 1 to {targets}")
    return A3Pair(number - 1, words[1:], tgt_tokens, links, float(header[4]))


def _parse_groups(line: str) -> tuple[list[str], list[list[int]]]:
    """The words and the numbers of each, of `word ({ 1 2 }) word ({ })`."""
    words: list[str] = []
    linked: list[list[int]] = []
    parts = iter(line.rstrip(" ").split(" "))
    for word in parts:
        if next(parts, None) != "({":
            raise ValueError(f"{word!r} must be followed by ({{ and the numbers of its target words")
        words.append(unescape_token(word))
        linked.append([])
        for part in parts:
            if part == "})":
                break
            if not part.isdecimal():
                raise ValueError(f"{part!r} is not the number of a target word")
            linked[-1].append(int(part))
        else:
            raise ValueError(f"the numbers of {word!r} do not end with }})")
    return words, linked
