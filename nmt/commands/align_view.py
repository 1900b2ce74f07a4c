"""`nmt align-view`: exported alignments as a page with search, sorting and paging."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EPILOG = """\b
Examples:
  nmt align-view new.jsonl -o new.html
  nmt align-view new.jsonl other.jsonl --output both.html
"""


def align_view(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Alignments as `nmt align-export` writes them (.jsonl, .npz, .svg, ...), of the same sentences."
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The page to write.")],
    title: Annotated[str, typer.Option(help="Heading of the page.")] = "Alignments",
) -> None:
    """Write one page that shows alignments, of several systems side by side; it works offline."""
    from nmt.alignment.formats.side_by_side import write_view
    from nmt.commands.output import refuse_inputs, say
    from nmt.text.output import open_output

    refuse_inputs(output, *files)
    with open_output(output) as stream:
        sentences = write_view(stream, files, title)
    say(f"wrote {output}: {sentences} sentences")
