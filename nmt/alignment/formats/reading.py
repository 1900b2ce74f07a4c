"""An export that holds everything, read back whatever its format."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nmt.alignment.formats.jsonl import read_jsonl
from nmt.alignment.formats.npz import read_npz
from nmt.alignment.record import AlignmentRecord
from nmt.errors import UserError

READERS = {".jsonl": read_jsonl, ".npz": read_npz}


def read_records(path: Path) -> Iterator[AlignmentRecord]:
    """The records of an export in the format that the file's ending names.

    Raises UserError for another ending, DataError for what is not such a file.
    """
    if path.suffix not in READERS:
        raise UserError(f"{path}: must end in .jsonl or .npz, as nmt align-export writes them")
    return READERS[path.suffix](path)
