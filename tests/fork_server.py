"""Imports torch and all of nmt, then forks a process for each request that comes through a socket; see forks.py.

A request is JSON with the descriptors that become the process's stdin, stdout and stderr; the answers are its number
and, when it has ended, its exit code.
"""

import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import sys

import nmt


def serve(line: socket.socket) -> str:
    """Answers requests until nobody asks any more. Returns in each forked process, with the code that it is to run."""
    while True:
        request, streams, *_ = socket.recv_fds(line, 1 << 20, 3)
        if not request:
            sys.exit()
        child = os.fork()
        if child == 0:
            line.close()
            return become(streams, **json.loads(request))
        for stream in streams:
            os.close(stream)
        line.sendall(child.to_bytes(4, "big"))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        line.sendall(code.to_bytes(4, "big", signed=True))


def become(streams: list[int], code: str, arguments: list[str], folder: str, environment: dict[str, str]) -> str:
    """Makes this process one that was started as `python -c CODE ARGUMENTS`."""
    for place, stream in enumerate(streams):
        os.dup2(stream, place)
        os.close(stream)
    sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["-c", *arguments]
    return code


if __name__ == "__main__":
    for module in pkgutil.walk_packages(nmt.__path__, "nmt."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    importlib.import_module("sacrebleu")
    importlib.import_module("sentencepiece")
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    exec(compile(serve(socket.socket(fileno=int(sys.argv[1]))), "<string>", "exec"), {"__name__": "__main__"})
