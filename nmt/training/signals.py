"""Signals that ask training to stop or to save.

SIGTERM, SIGINT and SIGHUP set a flag that the trainer reads after every update; a second one ends the process at once,
with the last checkpoint intact. SIGUSR1 asks for a checkpoint and changes nothing else.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

from nmt.errors import STOPPING, Interrupted


class Signals:
    """Catches the signals while in use as a context; outside the main thread, and when not entered, it never fires."""

    def __init__(self) -> None:
        self.stop: int | None = None
        """Number of the signal that asked to stop."""

        self._save = False
        self._raise = False
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> Signals:
        if threading.current_thread() is threading.main_thread():
            heeded = [number for number in STOPPING if signal.getsignal(number) != signal.SIG_IGN]
            self._previous = {number: signal.signal(number, self._on_stop) for number in heeded}
            self._previous[signal.SIGUSR1] = signal.signal(signal.SIGUSR1, self._on_save)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def take_save(self) -> bool:
        """Whether a save was asked for since the last call."""
        wanted, self._save = self._save, False
        return wanted

    def raise_if_stopped(self) -> None:
        """Errors: Interrupted if a signal asked to stop."""
        if self.stop is not None:
            raise Interrupted

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Code in this context has no lasting effect: a stopping signal ends it with Interrupted, also where a library
        makes an error of its own of that."""
        self._raise = True
        try:
            self.raise_if_stopped()
            yield
        except Exception:
            self.raise_if_stopped()
            raise
        finally:
            self._raise = False

    def _on_stop(self, number: int, frame: FrameType | None) -> None:
        if self.stop is not None:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        self.stop = number
        if self._raise:
            self._raise = False
            raise Interrupted

    def _on_save(self, number: int, frame: FrameType | None) -> None:
        self._save = True
