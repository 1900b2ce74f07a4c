"""PNG: the picture of format `svg`, drawn by resvg where that is installed (the extra `png`).

The records stand in the file as text (a chunk `iTXt` with the keyword KEYWORD), a line each as in `jsonl`.
"""

from __future__ import annotations

import importlib
import io
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from nmt.alignment.formats.fields import first_problem, parse_record, record_line
from nmt.alignment.formats.svg import SvgWriter
from nmt.alignment.record import AlignmentRecord
from nmt.errors import DataError, UserError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = b"nmt alignments"
HEAD = KEYWORD + b"\0\0\0\0\0"
"""Not compressed, of no language, the keyword not translated."""
AFTER_HEADER = len(SIGNATURE) + 25
ZOOM = 2
"""Pixels for each unit of the SVG, on either side."""
LARGEST = 80_000_000
"""Pixels of a picture; they are all in memory at once, 4 bytes each."""


class PngWriter(SvgWriter):
    """One picture of all sentences, as many as fit into LARGEST pixels."""

    name = "png"
    text = False

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream)
        self.lines: list[str] = []

    @classmethod
    def require(cls) -> None:
        """Raises UserError if resvg is missing, or every font that the picture could be written with."""
        from nmt.report import svg

        draw = _resvg()
        letter, nothing = (svg.picture(40, 40, "", svg.text(content, 9, 30, {})) for content in ("a", ""))
        if draw(svg_string=letter) == draw(svg_string=nothing):
            raise UserError("format png: none of its fonts is here; install DejaVu Sans or Noto Sans, or take svg")

    def write(self, record: AlignmentRecord) -> None:
        """Raises UserError if the picture becomes too large."""
        super().write(record)
        if self.width * self.height * ZOOM**2 > LARGEST:
            raise UserError(
                f"format png: a picture of {self.sentences} sentences would have more than {LARGEST:,} pixels; "
                "export fewer, or take svg or html"
            )
        self.lines.append(record_line(record))

    def finish(self) -> None:
        whole = io.BytesIO()
        self.write_picture(whole)
        png = bytes(_resvg()(svg_string=whole.getvalue().decode("utf-8"), zoom=ZOOM))
        self.stream.write(with_text(png, "\n".join(self.lines)))
        self.stream.flush()


def with_text(png: bytes, text: str) -> bytes:
    """The picture with a text behind its header, where `read_png` finds it."""
    return png[:AFTER_HEADER] + _chunk(b"iTXt", HEAD + text.encode("utf-8")) + png[AFTER_HEADER:]


def read_png(path: str | Path) -> Iterator[AlignmentRecord]:
    """The records of the file. Raises DataError for a picture that format `png` did not write."""
    try:
        text = _text(Path(path).read_bytes())
        for line in text.split("\n") if text else []:
            yield parse_record(line)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not an export of alignments: {first_problem(error)}") from None


def _text(png: bytes) -> str:
    """What stands behind KEYWORD. Raises ValueError."""
    if not png.startswith(SIGNATURE):
        raise ValueError("it does not begin as a PNG does")
    place = len(SIGNATURE)
    while place + 12 <= len(png):
        size, kind = struct.unpack_from(">I4s", png, place)
        chunk = png[place : place + size + 12]
        content = chunk[8 : size + 8]
        if kind == b"iTXt" and content.startswith(HEAD):
            if chunk != _chunk(kind, content):
                raise ValueError("its text is damaged")
            return content.removeprefix(HEAD).decode("utf-8")
        place += size + 12
    raise ValueError("it has no text of that kind")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _resvg() -> Callable[..., bytes]:
    try:
        return importlib.import_module("resvg_py").svg_to_bytes
    except (ImportError, AttributeError):
        raise UserError('format png needs the package resvg-py: pip install "nmt-attention[png]"') from None
