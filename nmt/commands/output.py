"""What commands say: results on stdout, everything else on stderr, user text made visible."""

from __future__ import annotations

import errno
import os
import sys

import typer


def say(message: str) -> None:
    """One line for people, on stderr."""
    from nmt.report.escape import visible

    typer.echo(visible(message), err=True)


def write_line(text: str) -> None:
    """One line of results on stdout, UTF-8 with `\\n` whatever the locale."""
    if sys.stdout is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    sys.stdout.buffer.write(text.encode("utf-8", "replace") + b"\n")
