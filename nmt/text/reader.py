"""The one reader of text: UTF-8 lines out of plain or gzip files and streams.

A line ends at `\\n` and nowhere else, so that line n is line n for `wc -l`, for the other side of a corpus and in every
message. Everything that Python would also call a line end (lone `\\r`, VT, FF, FS, GS, RS, U+0085, U+2028, U+2029) and
every other control character except tab becomes a space.
"""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections import Counter
from collections.abc import Generator, Iterator
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from nmt.errors import DataError

MAX_LINE_BYTES = 10_000_000
"""Longest line of text that is read, in bytes with its line end."""

GZIP = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"

_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_UTF16 = "UTF-16; convert it with: iconv -f UTF-16 -t UTF-8"
_UTF32 = "UTF-32; convert it with: iconv -f UTF-32 -t UTF-8"
_FOREIGN = {
    b"\xff\xfe\x00\x00": _UTF32,
    b"\x00\x00\xfe\xff": _UTF32,
    b"\xff\xfe": _UTF16,
    b"\xfe\xff": _UTF16,
    GZIP: "gzip; unpack it with: gunzip -c",
    b"PK\x03\x04": "a zip archive; unpack it first",
    b"%PDF-": "a PDF; extract its text first",
    b"BZh91AY&SY": "bzip2; unpack it with: bunzip2 -c",
    b"\xfd7zXZ\x00": "xz; unpack it with: unxz -c",
    b"\x28\xb5\x2f\xfd": "zstd; unpack it with: unzstd -c",
}


def read_lines(
    path: str | Path, notes: Counter[str] | None = None, longest: int = MAX_LINE_BYTES
) -> Generator[str, None, None]:
    """The lines of a file, plain or gzip (told by its first bytes), without line ends; one line in memory at a time.

    `notes` counts the lines that had a `bom`, a `crlf`, a `nul` or another `control` character; `longest` is in bytes.
    Errors: DataError, `path:line: problem`; for a path that cannot be opened it shows the absolute path.
    """
    with _open(path) as file:
        if file.peek(len(GZIP)).startswith(GZIP):
            with gzip.open(file) as unpacked:
                yield from stream_lines(unpacked, str(path), notes, longest)  # type: ignore[arg-type]
        else:
            yield from stream_lines(file, str(path), notes, longest)


def stream_lines(
    stream: BinaryIO, name: str, notes: Counter[str] | None = None, longest: int = MAX_LINE_BYTES
) -> Iterator[str]:
    """The lines of an open byte stream, each as soon as it is complete; `name` stands in the error messages.

    `notes`, `longest` and errors as in `read_lines`.
    """
    counts: Counter[str] = Counter() if notes is None else notes
    for number, raw in enumerate(_raw_lines(stream, name, longest), start=1):
        content = raw.removesuffix(b"\n")
        if number == 1:
            _refuse_foreign(raw, name)
            counts["bom"] += content.startswith(BOM)
            content = content.removeprefix(BOM)
        counts["crlf"] += content.endswith(b"\r")
        line = _decode(content.removesuffix(b"\r"), name, number)
        spaced = without_controls(line)
        if spaced is not line:
            counts["nul" if "\x00" in line else "control"] += 1
        yield spaced


def without_controls(text: str) -> str:
    """`text` with a space for every control character (but tab) and every line separator; itself if there is none."""
    return _CONTROLS.sub(" ", text) if _CONTROLS.search(text) else text


def _open(path: str | Path) -> BufferedReader:
    try:
        return open(path, "rb")
    except IsADirectoryError:
        problem = "is a folder, not a file"
    except PermissionError:
        problem = "permission denied"
    except (FileNotFoundError, NotADirectoryError, ValueError):
        problem = "no such file"
    except OSError as error:
        problem = f"cannot open it: {error.strerror}"
    raise DataError(f"{os.path.abspath(path)}: {problem}")


def _raw_lines(stream: BinaryIO, name: str, longest: int) -> Iterator[bytes]:
    """Lines as bytes, with `\\n`; checks their length and turns what goes wrong underneath into DataError."""
    number = 1
    try:
        while raw := stream.readline(longest + 1):
            if len(raw) > longest:
                raise DataError(f"{name}:{number}: line is longer than {longest / 1e6:g} MB; split it")
            yield raw
            number += 1
    except EOFError:
        raise DataError(f"{name}: compressed file ends early at line {number}") from None
    except (gzip.BadGzipFile, zlib.error):
        raise DataError(f"{name}: compressed file is damaged at line {number}") from None
    except OSError as error:
        raise DataError(f"{name}:{number}: cannot read it: {error.strerror}") from None


def _refuse_foreign(first: bytes, name: str) -> None:
    """Refuse what is not text at all, by the first bytes of the first line."""
    for signature, format in _FOREIGN.items():
        if first.startswith(signature):
            raise DataError(f"{name}: looks like {format}")
    even, odd = first[0:8:2], first[1:8:2]
    if len(first) >= 4 and any(not any(zeros) and all(letters) for zeros, letters in ((even, odd), (odd, even))):
        raise DataError(f"{name}: looks like {_UTF16}")


def _decode(raw: bytes, name: str, number: int) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        column = len(raw[: error.start].decode("utf-8")) + 1
        byte = raw[error.start]
    raise DataError(
        f"{name}:{number}: byte 0x{byte:02x} at column {column} is not UTF-8; convert it with: iconv -f LATIN1 -t UTF-8"
    )
