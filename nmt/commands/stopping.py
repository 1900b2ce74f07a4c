"""How Ctrl-C and its like end a command: out of every open block, so that no half-written file stays.

What has not begun, and what is over, the system ends at once: nothing is open then, and no traceback is shown.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from nmt.errors import Interrupted

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
AGAIN = 0.01
"""Seconds until a stop that was swallowed comes again."""


class Stop(SystemExit):
    """Raised wherever the code is when a signal to stop comes. Exit code 128 + the signal's number."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.number = number


@contextmanager
def stoppable() -> Iterator[None]:
    """Code within is left by Stop when a signal comes of those that would end the process, and are not ignored.

    A library may turn a Stop into an error of its own; it leaves here as what it was. What is raised in a destructor or
    a callback Python only prints ("Exception ignored in"), and goes on; where a Stop gets lost so, nothing is printed
    and the signal comes again. Where it is an Interrupted, training notices at the end of what it should have ended.
    """
    came: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        came.append(number)
        raise Stop(number)

    heeded = [number for number in STOPPING if signal.getsignal(number) == signal.SIG_DFL]
    before, sys.unraisablehook = sys.unraisablehook, _once_more
    try:
        for number in heeded:
            signal.signal(number, stop)
        yield
    except Exception:
        if came:
            raise Stop(came[-1]) from None
        raise
    finally:
        for number in heeded:
            signal.signal(number, signal.SIG_DFL)
        sys.unraisablehook = before


def _once_more(unraisable: sys.UnraisableHookArgs) -> None:
    if isinstance(unraisable.exc_value, Stop):
        threading.Timer(AGAIN, os.kill, (os.getpid(), unraisable.exc_value.number)).start()
    elif not isinstance(unraisable.exc_value, Interrupted):
        sys.__unraisablehook__(unraisable)
