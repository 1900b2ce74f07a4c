"""The export formats by name, and the one way to write any of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nmt.alignment.formats.a3 import A3Writer
from nmt.alignment.formats.html import HtmlWriter
from nmt.alignment.formats.jsonl import JsonlWriter
from nmt.alignment.formats.nematus import NematusWriter
from nmt.alignment.formats.npz import NpzWriter
from nmt.alignment.formats.pharaoh import PharaohWriter, ScoredPharaohWriter
from nmt.alignment.formats.png import PngWriter
from nmt.alignment.formats.soft import SoftWriter
from nmt.alignment.formats.svg import SvgWriter
from nmt.alignment.formats.tsv import TsvWriter
from nmt.alignment.formats.writer import AlignmentWriter
from nmt.errors import UserError
from nmt.text.output import open_output

WRITERS: dict[str, type[AlignmentWriter]] = {
    writer.name: writer
    for writer in (
        *(PharaohWriter, ScoredPharaohWriter, A3Writer, TsvWriter),
        *(SoftWriter, NematusWriter, JsonlWriter, NpzWriter, HtmlWriter, SvgWriter, PngWriter),
    )
}


def writer_class(name: str) -> type[AlignmentWriter]:
    """The writer of a format. Raises UserError for an unknown one, with the nearest name, or one that needs what is
    not installed."""
    if name in WRITERS:
        WRITERS[name].require()
        return WRITERS[name]
    near = difflib.get_close_matches(name, WRITERS, n=1)
    advice = f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(WRITERS)}"
    raise UserError(f"alignment format {name!r} is unknown; {advice}")


@contextmanager
def open_writer(name: str, path: str | Path) -> Iterator[AlignmentWriter]:
    """A writer of the format `name` to the file `path`, or to standard output for `-` where the format is text.

    The file appears when the block ends without an error. Raises UserError as `writer_class` does, and for a path that
    cannot be written.
    """
    writer_type = writer_class(name)
    if str(path) == "-" and not writer_type.text:
        raise UserError(f"format {name} is binary and cannot go to standard output; give a file")
    with open_output(path) as stream, writer_type(stream) as writer:
        yield writer
