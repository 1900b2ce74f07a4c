"""Imports torch and all that a training needs, then forks a process for each training that it is asked for.

A request is a line of JSON on stdin; the answers are the number of the process and, when it has ended, its exit code.
The process is as real as any; it only begins after the imports. Flushing to the disk takes it a few milliseconds, as on
a disk that turns, so that kills meet it at all points of a save. A request may name a bug to plant; see bugs.py.
"""

import gc
import importlib
import json
import os
import pkgutil
import sys
import time

import bugs

import nmt
from nmt.__main__ import main

FLUSH = 0.002


def serve() -> None:
    """Answers requests until stdin ends. Returns in the forked process too, to run `main`."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            return become(**json.loads(line))
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    sys.exit()


def become(arguments: list, errors: str, bug: str) -> None:
    """Makes this process one that was started as `nmt ARGUMENTS`."""
    for descriptor, path, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, os.devnull, os.O_WRONLY),
        (2, errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    ):
        os.dup2(os.open(path, flags, 0o644), descriptor)
    sys.argv = ["nmt", *arguments]
    flush = os.fsync

    def slow_flush(descriptor: int) -> None:
        time.sleep(FLUSH)
        flush(descriptor)

    os.fsync = slow_flush
    if bug:
        bugs.BUGS[bug]()


if __name__ == "__main__":
    for module in pkgutil.walk_packages(nmt.__path__, "nmt."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    importlib.import_module("sacrebleu")
    importlib.import_module("sentencepiece")
    gc.freeze()
    serve()
    main()
