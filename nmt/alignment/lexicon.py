"""Lexicon: which target words a source word was linked to, how often; induced from links, kept as TSV.

A row a pair of words: source, target, count, share of the source word's links. A source word's translations stand
together, the most frequent first. Words are escaped as `nmt/alignment/formats/escapes.py` says. A lexicon made by hand
needs the first two columns only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from nmt.alignment.formats.escapes import escape_token, unescape_token
from nmt.alignment.record import AlignmentRecord
from nmt.errors import DataError

HEADER = "source\ttarget\tcount\tshare"

Lexicon = Mapping[str, Sequence[str]]
"""The translations of each source word, the best first."""


class Entry(NamedTuple):
    """A source word with one of its translations."""

    src: str
    tgt: str
    linked: int
    """How often they were linked."""
    share: float
    """`linked` over all links of the source word."""


def count_translations(records: Iterable[AlignmentRecord]) -> dict[str, Counter[str]]:
    """How often each source word was linked with each target word."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for record in records:
        src_words, tgt_words = record.alignment.src_tokens, record.alignment.tgt_tokens
        for src, tgt in record.links:
            counts[src_words[src]][tgt_words[tgt]] += 1
    return counts


def entries(counts: Mapping[str, Counter[str]], min_count: int = 1, min_share: float = 0.0) -> list[Entry]:
    """The pairs of words linked at least `min_count` times and in at least `min_share` of the source word's links, in
    the order of the file: by source word, then the most frequent first, equals by their letters."""
    kept: list[Entry] = []
    for src in sorted(counts):
        total = sum(counts[src].values())
        ranked = sorted(counts[src].items(), key=lambda item: (-item[1], item[0]))
        kept += [
            Entry(src, tgt, count, count / total)
            for tgt, count in ranked
            if count >= min_count and count / total >= min_share
        ]
    return kept


def write_lexicon(stream: BinaryIO, found: Iterable[Entry]) -> None:
    """Writes a header and a row for each entry."""
    stream.write(f"{HEADER}\n".encode())
    for src, tgt, count, share in found:
        stream.write(f"{escape_token(src)}\t{escape_token(tgt)}\t{count}\t{share:.4f}\n".encode())


def read_lexicon(path: str | Path) -> dict[str, list[str]]:
    """The translations of each source word, in the order of the rows. Other columns and the header are not needed.

    Raises DataError, with file and line, for a row without a source and a target word; for a file without a row.
    """
    from nmt.text.reader import read_lines

    lexicon: dict[str, list[str]] = {}
    for number, line in enumerate(read_lines(path), start=1):
        if number == 1 and line == HEADER:
            continue
        fields = line.split("\t")
        if len(fields) < 2 or not (fields[0].strip() and fields[1].strip()):
            raise DataError(f"{path}:{number}: expected a source and a target word with a tab between them")
        try:
            src, tgt = (unescape_token(field.strip()) for field in fields[:2])
        except ValueError as error:
            raise DataError(f"{path}:{number}: {error}") from None
        lexicon.setdefault(src, []).append(tgt)
    if not lexicon:
        raise DataError(f"{path}: no translation in it; make a lexicon with: nmt lexicon")
    return lexicon
