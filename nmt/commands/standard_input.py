"""Standard input as lines or as pairs of text, for the commands that can be in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from nmt.commands.output import say
from nmt.errors import UserError

NAME = "stdin"
"""What messages call it."""

FILE = Path("/dev/stdin")
"""By this path a file that the shell has opened as standard input is recognised."""


def stdin_lines(what: str, nproc: int) -> tuple[Iterable[str], int | None]:
    """The lines of standard input, and how many to read ahead: one on a terminal, where each answer is waited for.

    `what` is to be typed there. Errors: UserError for a terminal and several processes.
    """
    from nmt.text.reader import stream_lines

    if sys.stdin is None:
        return [], None
    lines = stream_lines(sys.stdin.buffer, NAME)
    if not sys.stdin.isatty():
        return lines, None
    if nproc > 1:
        raise UserError("--nproc: processes share files and pipes, not what is typed; leave it out")
    say(f"reading from the terminal: type {what}, end with Ctrl-D")
    return lines, 1


def given_pairs(source: Path | None, target: Path | None, nproc: int) -> tuple[Iterable[tuple[str, str]], int | None]:
    """The pairs of two files, or of standard input without them, and how many to read ahead as in `stdin_lines`.

    Errors: UserError for one file alone; as `stream_pairs`; DataError from a line that is not two fields.
    """
    from nmt.data.pairs import split_pairs, stream_pairs

    if source and target:
        return stream_pairs(source, target), None
    if source or target:
        raise UserError("--source and --target: give both, or pairs (source, tab, target) on stdin")
    lines, read_ahead = stdin_lines("a source, a tab and its target", nproc)
    return split_pairs(lines, NAME), read_ahead
