"""Output: a file that appears whole or not at all, or standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from nmt.errors import UserError


@contextmanager
def open_output(path: str | Path) -> Iterator[BinaryIO]:
    """A stream whose bytes become the file `path` when the block ends without an error.

    Before that, and after an error, `path` is as it was. `-` is standard output; a device or pipe is written to
    directly. Raises UserError when the file cannot be made; a write that fails (full disk, closed pipe) raises its
    OSError.
    """
    if str(path) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(path)
    if path.exists() and not path.is_file():
        with _created(path, shown=path) as stream:
            yield stream
        return
    target = path.resolve()
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with _created(partial, shown=path) as stream:
            yield stream
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def _created(path: Path, shown: Path) -> BinaryIO:
    try:
        return path.open("wb")
    except OSError as error:
        raise UserError(f"{shown}: cannot be written ({error.strerror}); choose another place") from error
