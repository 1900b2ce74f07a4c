"""Processes forked from one that has imported torch and all of nmt.

They are as real as any in their signals, streams and exit codes, and need not import everything again. What shows only
while Python starts, as the locale, closed streams and what a command imports, needs a process that is started anew.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

PATIENCE = 120


class Forks:
    """Starts processes, one at a time: the next one ends the one before."""

    NMT = "from nmt.__main__ import main; main()"
    """What `python -c` needs to run as `nmt`."""

    def __init__(self) -> None:
        self._line, there = socket.socketpair()
        self._line.settimeout(PATIENCE)
        command = [sys.executable, Path(__file__).with_name("fork_server.py"), str(there.fileno())]
        paths = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
        environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "GOMP_SPINCOUNT": "10000"}
        self._server = subprocess.Popen(command, pass_fds=[there.fileno()], env=environment)
        there.close()
        self._last: Forked | None = None

    def start(self, code: str, *arguments, stdin=os.devnull, stdout=None, stderr=None) -> "Forked":
        """Starts `python -c CODE ARGUMENTS` here; stdin is read from a path, stdout and stderr are files, which are
        kept for `finish` if none are given."""
        if self._last is not None:
            self._last.kill()
        words, environment = [str(argument) for argument in arguments], {**os.environ, "OMP_NUM_THREADS": "1"}
        request = {"code": code, "arguments": words, "folder": os.getcwd(), "environment": environment}
        kept = [tempfile.TemporaryFile() if stream is None else None for stream in (stdout, stderr)]
        out, err = (file or given for file, given in zip(kept, (stdout, stderr), strict=True))
        with open(stdin, "rb") as file:
            streams = [file.fileno(), out.fileno(), err.fileno()]
            socket.send_fds(self._line, [json.dumps(request).encode()], streams)
        self._last = Forked(self._line, kept)
        return self._last

    def run(self, code: str, *arguments, **streams) -> "tuple[int, bytes, str]":
        """The same to its end: exit code, stdout and stderr."""
        return self.start(code, *arguments, **streams).finish()

    def close(self) -> None:
        """Ends all processes."""
        if self._last is not None:
            self._last.kill()
        self._line.close()
        self._server.wait()


class Forked:
    """A forked process, with what the tests need of subprocess.Popen."""

    def __init__(self, line: socket.socket, kept: list) -> None:
        self._line, self._kept = line, kept
        self.returncode: int | None = None
        self.pid = self._answer()

    def _answer(self) -> int:
        return int.from_bytes(self._line.recv(4, socket.MSG_WAITALL), "big", signed=True)

    def poll(self) -> "int | None":
        if self.returncode is None and select.select([self._line], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self) -> int:
        if self.returncode is None:
            self.returncode = self._answer()
        return self.returncode

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        if self.poll() is None:
            self.send_signal(signal.SIGKILL)
            self.wait()

    def finish(self) -> "tuple[int, bytes, str]":
        """Waits for the end; exit code, and what is kept of stdout and stderr."""
        code, contents = self.wait(), []
        for file in self._kept:
            contents.append(b"")
            if file is not None:
                with file:
                    file.seek(0)
                    contents[-1] = file.read()
        return code, contents[0], contents[1].decode("utf-8")
