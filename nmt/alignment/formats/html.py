"""HTML: one page to look at, with a heat map for each sentence; not read back."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from nmt.alignment.formats.jsonl import JsonlWriter, read_jsonl
from nmt.alignment.formats.writer import AlignmentWriter
from nmt.alignment.record import AlignmentRecord


class HtmlWriter(AlignmentWriter):
    """Keeps the records in a temporary `jsonl` file until the page, which takes them one at a time, is written."""

    name = "html"

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream)
        self.owned = ExitStack()
        self.path = Path(self.owned.enter_context(tempfile.TemporaryDirectory()), "records.jsonl")
        self.records = JsonlWriter(self.owned.enter_context(self.path.open("wb")))

    def write(self, record: AlignmentRecord) -> None:
        self.records.write(record)

    def finish(self) -> None:
        from nmt.report.alignment_page import write_alignment_page

        self.records.finish()
        page = TextIOWrapper(self.stream, encoding="utf-8", newline="\n")
        try:
            write_alignment_page(page, read_jsonl(self.path), "Alignments")
        finally:
            page.detach()
        self.stream.flush()

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self.owned:
            super().__exit__(error_type, error, traceback)
