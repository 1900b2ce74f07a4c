"""The lines of the formats of text. One of them may hold a whole matrix, which is more than any line of a corpus."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from nmt.text.reader import read_lines

LONGEST = 200_000_000
"""Bytes of a line. A pair of 1,000 and 2,000 pieces takes some 30 MB; a line of a page has all n best of a sentence."""


def format_lines(path: str | Path) -> Generator[str, None, None]:
    """As `nmt.text.reader.read_lines`, for longer lines."""
    return read_lines(path, longest=LONGEST)
