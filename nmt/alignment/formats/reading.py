"""An export that holds its matrices and tokens, read back whatever its format."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nmt.alignment.formats.html import read_html
from nmt.alignment.formats.jsonl import read_jsonl
from nmt.alignment.formats.npz import read_npz
from nmt.alignment.formats.png import read_png
from nmt.alignment.formats.svg import read_svg
from nmt.alignment.record import AlignmentRecord
from nmt.errors import UserError

READERS = {".jsonl": read_jsonl, ".npz": read_npz, ".html": read_html, ".svg": read_svg, ".png": read_png}


def read_records(path: Path) -> Iterator[AlignmentRecord]:
    """The records of an export in the format that the file's ending names.

    Raises UserError for another ending, DataError for what is not such a file.
    """
    if path.suffix not in READERS:
        raise UserError(f"{path}: must end in .jsonl, .npz, .html, .svg or .png, as nmt align-export writes them")
    return READERS[path.suffix](path)


def best_records(path: Path) -> Iterator[AlignmentRecord]:
    """As `read_records`, of an n-best list the best one: a record a line of the source."""
    return (record for record in read_records(path) if record.rank == 1)
