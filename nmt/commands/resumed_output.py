"""A file of translations that goes on where a killed process ended."""

from __future__ import annotations

import fcntl
import os
from io import BufferedRandom
from itertools import islice
from pathlib import Path
from types import TracebackType

from nmt.errors import UserError

CHUNK = 1 << 20


class ResumedOutput:
    """Lines of a file that may hold the first of them already; the last one may be torn.

    The block of lines that the file ends in is made again and compared with what is there, so that nothing is added to
    the translations of another text or model. A context manager; `first` lines are left out, the next one is the first
    to be written. Errors: UserError if the file cannot be written, is in use, or holds something else.
    """

    def __init__(self, path: Path, block: int) -> None:
        self.path = path
        self._is_new = not path.exists()
        self._file = _opened(path)
        there = sum(chunk.count(b"\n") for chunk in iter(lambda: self._file.read(CHUNK), b""))
        self.first = self._next = max(0, there - 1) // block * block
        self._file.seek(0)
        for _ in islice(self._file, self.first):
            pass

    def write_line(self, text: str) -> None:
        """Adds the next line, or finds that it is there."""
        self._next += 1
        line = text.encode("utf-8", "replace") + b"\n"
        there = self._file.read(len(line))
        if not line.startswith(there):
            reason = "holds another translation than this text, model and flags give; choose another file"
            raise UserError(f"{self.path}:{self._next}: {reason}")
        self._file.write(line[len(there) :])

    def __enter__(self) -> ResumedOutput:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        more = error is None and self._file.read(1)
        self._file.close()
        if error is not None and self._is_new and not self.path.stat().st_size:
            self.path.unlink()
        if more:
            raise UserError(f"{self.path} has more lines than the text; choose another file")


def _opened(path: Path) -> BufferedRandom:
    """The file, made if it is missing, for this process alone."""
    if path.exists() and not path.is_file():
        raise UserError(f"{path}: no regular file, so it cannot be continued; choose another")
    try:
        file = open(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+b")
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror or error}); choose another place") from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise UserError(f"{path}: another process writes to it") from None
    return file
