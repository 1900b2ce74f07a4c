"""SVG: one picture of all sentences, one below the other, as heat maps with their links.

Before each heat map stands, not shown, its record: a `<metadata>` of one line with JSON as in `jsonl`. What XML could
take for markup is escaped as JSON escapes it.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from nmt.alignment.formats.fields import first_problem, parse_record, record_line
from nmt.alignment.formats.lines import format_lines
from nmt.alignment.formats.writer import AlignmentWriter
from nmt.alignment.record import AlignmentRecord
from nmt.errors import DataError

NOT_IN_XML = re.compile("[<>&\ufffe\uffff]")
HEADER = re.compile(r'<svg [^<>]* data-sentences="([0-9]+)">')
SIZE = re.compile(r'viewBox="0 0 ([0-9.]+) ([0-9.]+)"')
OPEN, CLOSE = "<metadata>", "</metadata>"


class SvgWriter(AlignmentWriter):
    """Keeps the pictures in a temporary file until the size of the whole is known."""

    name = "svg"

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream)
        self.owned = ExitStack()
        self.pictures = self.owned.enter_context(tempfile.TemporaryFile())
        self.width = self.height = 0.0
        self.sentences = 0

    def write(self, record: AlignmentRecord) -> None:
        from nmt.report.heatmap import heatmap_svg

        alignment = record.alignment
        title = f"Attention of sentence {record.id}"
        picture = heatmap_svg(alignment.src_tokens, alignment.tgt_tokens, alignment.weights_TS, record.links, title)
        size = SIZE.search(picture)
        if size is None:
            raise ValueError("a heat map must say its size")
        data = NOT_IN_XML.sub(lambda match: f"\\u{ord(match.group()):04x}", record_line(record))
        self.pictures.write(
            f'<g transform="translate(0 {self.height:.2f})">\n{OPEN}{data}{CLOSE}\n{picture}</g>\n'.encode()
        )
        self.width = max(self.width, float(size[1]))
        self.height += float(size[2])
        self.sentences += 1

    def finish(self) -> None:
        self.write_picture(self.stream)
        self.stream.flush()

    def write_picture(self, stream: BinaryIO) -> None:
        """The whole picture; without a sentence it is a point."""
        width, height = max(self.width, 1), max(self.height, 1)
        size = f'viewBox="0 0 {width:.2f} {height:.2f}" width="{width:.2f}" height="{height:.2f}"'
        header = f'<svg xmlns="http://www.w3.org/2000/svg" {size} data-sentences="{self.sentences}">\n'
        stream.write(header.encode())
        self.pictures.seek(0)
        shutil.copyfileobj(self.pictures, stream)
        stream.write(b"</svg>\n")

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self.owned:
            super().__exit__(error_type, error, traceback)


def read_svg(path: str | Path) -> Iterator[AlignmentRecord]:
    """The records of the file. Raises DataError, with file and line, for a picture that format `svg` did not write."""
    announced, found, number = None, 0, 1
    for number, line in enumerate(format_lines(path), start=1):
        if number == 1:
            announced = HEADER.fullmatch(line)
        if announced is None:
            break
        if line.startswith(OPEN):
            try:
                yield parse_record(line.removeprefix(OPEN).removesuffix(CLOSE))
            except ValueError as error:
                raise DataError(f"{path}:{number}: {first_problem(error)}") from None
            found += 1
    if announced is None:
        raise DataError(f"{path}:1: not a picture that format svg wrote; it must say its number of sentences")
    if found != int(announced[1]):
        raise DataError(f"{path}:{number}: the file has {found} of {announced[1]} sentences; export it again")
