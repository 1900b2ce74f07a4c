"""The format of the shared tasks on word alignment (Mihalcea and Pedersen 2003): one line a link.

    1 1 1 S
    1 2 3 P

Sentence, source word, target word, counted from 1, then S for a sure or P for a possible link (S if it is left out) and
perhaps a confidence, which is not used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from nmt.alignment.formats.lines import format_lines
from nmt.alignment.formats.pharaoh import ParsedLink
from nmt.errors import DataError

NAACL_LINE = re.compile(r"([0-9]{1,9})\s+([0-9]{1,9})\s+([0-9]{1,9})(?:\s+([SP]))?(?:\s+[0-9.]+)?")
MOST_SENTENCES = 10_000_000
"""A sentence number beyond this is a mistake."""


def read_naacl(path: str | Path, base: int = 1) -> Iterator[list[ParsedLink]]:
    """Every link of each sentence up to the last that has one, counted from 0 whatever the file's `base`, which holds
    for words; sentences count from 1 unless one has the number 0.

    Raises DataError, with file and line, for what is no link, and for a 0 in a file of base 1.
    """
    if base not in (0, 1):
        raise ValueError(f"base must be 0 or 1, not {base}")
    sentences: dict[int, list[ParsedLink]] = {}
    for number, line in enumerate(format_lines(path), start=1):
        if not line.strip():
            continue
        match = NAACL_LINE.fullmatch(line.strip())
        if match is None or int(match[1]) > MOST_SENTENCES:
            raise DataError(f"{path}:{number}: {line.strip()!r} is not a link; write `sentence source target S` or P")
        sentence, src, tgt = (int(match[group]) for group in (1, 2, 3))
        if min(src, tgt) < base:
            raise DataError(
                f"{path}:{number}: {line.strip()!r} holds a 0, but words are to count from 1; read the file with base 0"
                " if they do not, and leave the links to no word (NULL) out if they do"
            )
        sentences.setdefault(sentence, []).append(ParsedLink(src - base, tgt - base, match[4] != "P", None))
    for sentence in range(min([1, *sentences]), max(sentences, default=0) + 1):
        yield sentences.get(sentence, [])
