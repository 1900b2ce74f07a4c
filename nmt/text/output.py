"""Output: a file that appears whole or not at all, or standard output."""

from __future__ import annotations

import errno
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise _refused(path, OSError(errno.ELOOP, os.strerror(errno.ELOOP)))
    partial = _partial(target)
    try:
        with _created(partial, shown=path) as stream:
            yield stream
        os.replace(partial, target)
    finally:
        with suppress(OSError):
            partial.unlink()


def _partial(target: Path) -> Path:
    """A hidden name beside the file, of it and this process alone, not too long where its own is not."""
    name = os.fsencode(target.name)
    return target.with_name(f".{target.name[:20]}.{zlib.crc32(name):08x}.{os.getpid()}.part")


def _created(path: Path, shown: Path) -> BinaryIO:
    try:
        return path.open("wb")
    except OSError as error:
        raise _refused(shown, error) from error


def _refused(path: Path, error: OSError) -> UserError:
    return UserError(f"{path}: cannot be written ({error.strerror}); choose another place")
