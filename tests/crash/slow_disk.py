"""`nmt` with a disk that takes milliseconds to flush, as one that turns: kills meet it at all points of a save."""

import os
import time

from nmt.__main__ import main

from .bugs import BUGS

FLUSH = 0.002


def run(bug: str) -> None:
    """Runs the command in sys.argv, with a bug planted if one is named."""
    flush = os.fsync

    def slow_flush(descriptor: int) -> None:
        time.sleep(FLUSH)
        flush(descriptor)

    os.fsync = slow_flush
    if bug:
        BUGS[bug]()
    main()
