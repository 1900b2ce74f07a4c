"""NumPy archive: `attention_0`, `attention_1`, ... float32 (T, S), one a record as written, and `tokens.json`.

`tokens.json` is a uint8 array: the UTF-8 bytes of a JSON list with the other fields of each record, as in `jsonl`
without `attention`. `numpy.load(path)` reads all of it with `allow_pickle=False`. The same records give the same bytes.

Dimensions: S source and T target tokens, with EOS where the alignment has it.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tokenize import TokenError
from types import TracebackType
from typing import IO, BinaryIO

import numpy as np
from numpy.lib import format as npy
from pydantic import TypeAdapter

from nmt.alignment.formats.fields import RecordFields, first_problem
from nmt.alignment.formats.writer import AlignmentWriter
from nmt.alignment.record import AlignmentRecord
from nmt.errors import DataError

TOKENS = "tokens.json.npy"
FIRST_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest a zip file can hold; a real date would change the bytes."""


class NpzWriter(AlignmentWriter):
    """Each matrix goes straight into the archive and each record's tokens into a temporary file, so what stays in
    memory is the archive's directory, a few hundred bytes a record."""

    name = "npz"
    text = False

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream)
        self.owned = ExitStack()
        self.tokens = self.owned.enter_context(tempfile.TemporaryFile())
        self.archive = self.owned.enter_context(zipfile.ZipFile(stream, "w"))
        self.records = 0

    def write(self, record: AlignmentRecord) -> None:
        weights_TS = np.ascontiguousarray(record.alignment.weights_TS)
        with self._member(f"attention_{self.records}.npy") as member:
            npy.write_array(member, weights_TS, allow_pickle=False)
        self.tokens.write(b",\n" if self.records else b"[\n")
        self.tokens.write(RecordFields.of(record).to_json().encode("utf-8"))
        self.records += 1

    def finish(self) -> None:
        self.tokens.write(b"\n]\n" if self.records else b"[]\n")
        header = {"descr": "|u1", "fortran_order": False, "shape": (self.tokens.tell(),)}
        self.tokens.seek(0)
        with self._member(TOKENS) as member:
            npy.write_array_header_1_0(member, header)
            shutil.copyfileobj(self.tokens, member)

    def _member(self, name: str) -> IO[bytes]:
        return self.archive.open(zipfile.ZipInfo(name, FIRST_DATE), "w", force_zip64=True)

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self.owned:
            super().__exit__(error_type, error, traceback)


def read_npz(path: str | Path) -> Iterator[AlignmentRecord]:
    """The records of the file, which is read without unpacking anything: `npz` writes no compressed members.

    Raises DataError for a file that format `npz` did not write.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            tokens = TypeAdapter(list[RecordFields]).validate_json(_array(archive, TOKENS).tobytes())
            for number, fields in enumerate(tokens):
                yield fields.record(_array(archive, f"attention_{number}.npy"))
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, OverflowError, RuntimeError, MemoryError) as error:
        raise DataError(f"{path}: not an export of alignments: {first_problem(error)}") from None


def _array(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    info = archive.getinfo(name)
    if info.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{name} is compressed")
    try:
        with archive.open(info) as member:
            return npy.read_array(member, allow_pickle=False)
    except (SyntaxError, TokenError):
        raise ValueError(f"{name} does not begin as an array does") from None
