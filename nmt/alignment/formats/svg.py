"""SVG: one picture of all sentences, one below the other, as heat maps with their links; not read back."""

from __future__ import annotations

import re
import shutil
import tempfile
from contextlib import ExitStack
from types import TracebackType
from typing import BinaryIO

from nmt.alignment.formats.writer import AlignmentWriter
from nmt.alignment.record import AlignmentRecord

SIZE = re.compile(r'viewBox="0 0 ([0-9.]+) ([0-9.]+)"')


class SvgWriter(AlignmentWriter):
    """Keeps the pictures in a temporary file until the size of the whole is known."""

    name = "svg"

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream)
        self.owned = ExitStack()
        self.pictures = self.owned.enter_context(tempfile.TemporaryFile())
        self.width = self.height = 0.0

    def write(self, record: AlignmentRecord) -> None:
        from nmt.report.heatmap import heatmap_svg

        alignment = record.alignment
        title = f"Attention of sentence {record.id}"
        picture = heatmap_svg(alignment.src_tokens, alignment.tgt_tokens, alignment.weights_TS, record.links, title)
        size = SIZE.search(picture)
        if size is None:
            raise ValueError("a heat map must say its size")
        self.pictures.write(f'<g transform="translate(0 {self.height:.2f})">{picture}</g>\n'.encode())
        self.width = max(self.width, float(size[1]))
        self.height += float(size[2])

    def finish(self) -> None:
        size = f'viewBox="0 0 {self.width:.2f} {self.height:.2f}" width="{self.width:.2f}" height="{self.height:.2f}"'
        self.write_line(f'<svg xmlns="http://www.w3.org/2000/svg" {size}>')
        self.pictures.seek(0)
        shutil.copyfileobj(self.pictures, self.stream)
        self.write_line("</svg>")
        self.stream.flush()

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self.owned:
            super().__exit__(error_type, error, traceback)
