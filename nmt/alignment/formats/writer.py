"""AlignmentWriter: what a command needs of an export format."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import BinaryIO, ClassVar

from nmt.alignment.record import AlignmentRecord


class AlignmentWriter(ABC):
    """Writes records to a stream one at a time. A context manager: `finish` runs when the block ends without error."""

    name: ClassVar[str]
    """The format's name, on the command line and as the file's ending."""
    text: ClassVar[bool] = True
    """Whether the format can go to standard output."""

    @classmethod
    def require(cls) -> None:
        """Raises UserError if the format needs something that is missing on this machine."""
        return

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream

    @abstractmethod
    def write(self, record: AlignmentRecord) -> None:
        """One record more."""

    def finish(self) -> None:
        """Whatever comes after the last record."""
        self.stream.flush()

    def write_line(self, line: str) -> None:
        self.stream.write(line.encode("utf-8") + b"\n")

    def __enter__(self) -> AlignmentWriter:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error_type is None:
            self.finish()
