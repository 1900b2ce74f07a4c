"""Processes that share work in which order matters: blocks go out, their answers come back in the order of the blocks.

What goes between the processes is pickled by `multiprocessing`; nothing of it touches a file or another machine.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from traceback import format_exception
from types import TracebackType
from typing import Any, Generic, TypeVar

from nmt.errors import NmtError, is_out_of_memory
from nmt.parallel.launcher import become_child, holding_signals, thread_share

AHEAD = 2
"""Blocks for each process that may be begun before the answers to earlier ones are taken: what bounds the memory."""

Block = TypeVar("Block")
Answer = TypeVar("Answer")


class Workers(Generic[Block, Answer]):
    """`size` processes that each answer blocks by what `make` gives, once in each process. Use as a context: whatever
    ends it ends the processes."""

    def __init__(self, size: int, make: Callable[[], Callable[[Block], Answer]]) -> None:
        self._size, self._make = size, make
        self._processes: dict[Connection, BaseProcess] = {}

    def __enter__(self) -> Workers[Block, Answer]:
        try:
            self._start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        for number in range(self._size):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, _environment(number, self._size)), daemon=True)
            with holding_signals():
                process.start()
            self._processes[ours] = process
            theirs.close()
        for connection in self._processes:
            self._send(connection, self._make)

    def _end(self) -> None:
        for connection, process in self._processes.items():
            process.kill()
            process.join()
            connection.close()

    def answers(self, blocks: Iterable[Block]) -> Iterator[Answer]:
        """The answer to each block, in the order of the blocks, of which no more than AHEAD for each process are in
        memory.

        Errors: what `make` or the answer to a block raised, in its turn; NmtError at once if a process was killed.
        """
        coming = enumerate(blocks)
        working: dict[Any, int] = {}
        came: dict[int, tuple[bool, Any]] = {}
        idle, taken = list(self._processes), 0
        while True:
            while idle and len(working) + len(came) < AHEAD * self._size:
                number, block = next(coming, (None, None))
                if number is None:
                    break
                connection = idle.pop()
                self._send(connection, block)
                working[connection] = number
            if not working:
                return
            for ready in wait(list(working)):
                came[working.pop(ready)] = self._receive(ready)
                idle.append(ready)  # type: ignore[arg-type]
            while taken in came:
                worked, answer = came.pop(taken)
                if not worked:
                    raise answer
                yield answer
                taken += 1

    def _send(self, connection: Connection, message: Any) -> None:
        try:
            connection.send(message)
        except OSError:
            raise self._lost(connection) from None

    def _receive(self, connection: Any) -> tuple[bool, Any]:
        try:
            return connection.recv()
        except (EOFError, OSError):
            raise self._lost(connection) from None

    def _lost(self, connection: Connection) -> NmtError:
        process = self._processes[connection]
        process.join()
        code, number = process.exitcode or 0, list(self._processes).index(connection) + 1
        how = f"was killed ({signal.Signals(-code).name})" if code < 0 else f"ended with exit code {code}"
        return NmtError(f"process {number} of {self._size} {how}; not all was done")


def _environment(number: int, size: int) -> dict[str, str]:
    """A GPU of its own, and an equal share of the cores unless the user chose a number of threads."""
    return {"LOCAL_RANK": str(number), "OMP_NUM_THREADS": thread_share(size)}


def _work(connection: Connection, environment: dict[str, str]) -> None:
    """The life of a process. What it answers with is received first, so that the imports know the environment."""
    become_child(environment)
    with suppress(EOFError):
        make: Callable[[], Callable[[Any], Any]] = connection.recv()
        answer = None
        while True:
            block = connection.recv()
            try:
                answer = answer or make()
                reply = True, answer(block)
            except Exception as error:
                reply = False, _told(error)
            connection.send(reply)


def _told(error: Exception) -> Exception:
    """An error as another process can raise it, who may not be able to make it: of ours as it is, of others the kind,
    the text and the traceback."""
    if isinstance(error, NmtError):
        return error
    if is_out_of_memory(error):
        return MemoryError(str(error))
    return RuntimeError(f"{type(error).__name__}: {error}\n{''.join(format_exception(error))}")
