"""What commands say: results on stdout, everything else on stderr, user text made visible."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

import typer

from nmt.errors import UserError


def say(message: str) -> None:
    """One line for people, on stderr; if that is full or closed, the work goes on without it."""
    from nmt.report.escape import visible

    with suppress(OSError):
        typer.echo(visible(message), err=True)


def write_report(*lines: str) -> None:
    """Lines of results for people, or of JSON, on stdout; what is hidden in them is shown, in JSON by its own escapes.

    Errors: OSError if stdout is full.
    """
    from nmt.report.escape import visible

    for line in lines:
        write_line(visible(line))
    sys.stdout.flush()


def refuse_inputs(output: Path, *inputs: Path | str | None) -> None:
    """Errors: UserError if the file to write is one of those to read, by whatever name."""
    for path in filter(None, inputs):
        if os.path.isfile(output) and os.path.exists(path) and os.path.samefile(output, path):
            raise UserError(f"{output}: is read here too and would be lost; choose another file to write")


def write_line(text: str) -> None:
    """One line of results on stdout, UTF-8 with `\\n` whatever the locale."""
    sys.stdout.buffer.write(text.encode("utf-8", "replace") + b"\n")
