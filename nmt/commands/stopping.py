"""How Ctrl-C and its like end a command: out of every open block, so that no half-written file stays.

What has not begun, and what is over, the system ends at once: nothing is open then, and no traceback is shown.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from nmt.errors import STOPPING, Interrupted

AGAIN = 0.01
"""Seconds until a stop that was swallowed comes again."""

LEAVING = 1.0
"""Seconds in which open blocks are left undisturbed: services and terminals send two signals at once."""


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
    A library that drops every exception by itself would go on until the next signal.
    """
    before = sys.unraisablehook
    stops = _Stops(before)
    heeded = [number for number in STOPPING if signal.getsignal(number) == signal.SIG_DFL]
    try:
        sys.unraisablehook = stops.on_lost
        for number in heeded:
            signal.signal(number, stops.on_signal)
        yield
    except Exception:
        if stops.came is not None:
            raise Stop(stops.came) from None
        raise
    finally:
        sys.unraisablehook = before
        for number in heeded:
            signal.signal(number, signal.SIG_DFL)


class _Stops:
    """The signals of one command; `came` is the last that was heeded, `pass_on` takes what else is unraisable."""

    def __init__(self, pass_on: Callable[[sys.UnraisableHookArgs], object]) -> None:
        self.came: int | None = None
        self._since = float("-inf")
        self._pass_on = pass_on

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        if time.monotonic() - self._since < LEAVING:
            return
        self.came, self._since = number, time.monotonic()
        raise Stop(number)

    def on_lost(self, unraisable: sys.UnraisableHookArgs) -> None:
        stop = _stop_within(unraisable.exc_value)
        if stop is not None:
            self._since = float("-inf")
            threading.Timer(AGAIN, os.kill, (os.getpid(), stop.number)).start()
        elif not isinstance(unraisable.exc_value, Interrupted):
            self._pass_on(unraisable)


def _stop_within(error: BaseException | None) -> Stop | None:
    """The Stop that an error is, or was made of."""
    while error is not None and not isinstance(error, Stop):
        error = error.__cause__ or error.__context__
    return error
