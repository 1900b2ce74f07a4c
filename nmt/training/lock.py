"""One training per run folder."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from pathlib import Path
from types import TracebackType

from nmt.errors import CheckpointError


class RunLock:
    """Holds `run/.lock` while in use. The kernel frees it when the process ends, however it ends.

    `abandoned` tells whether the holder before was killed: it did not leave the context, so its name is still there.

    Errors: CheckpointError if another process holds it.
    """

    def __init__(self, run: Path) -> None:
        self.run = run
        self.abandoned = False

    def __enter__(self) -> RunLock:
        self.run.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self.run / ".lock", os.O_RDWR | os.O_CREAT, 0o666)
        holder = os.read(self._file, 4096)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise CheckpointError(f"{self.run} is in use by {_name(holder)}") from None
        self.abandoned = bool(holder)
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode(), 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        os.ftruncate(self._file, 0)
        os.close(self._file)


def _name(holder: bytes) -> str:
    try:
        who = json.loads(holder)
        return f"process {who['pid']} on host {who['host']}"
    except (ValueError, KeyError, TypeError):
        return "another process"
