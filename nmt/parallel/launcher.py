"""`nmt train --nproc N`: the same command in N processes that find each other, and one exit code for all of them.

torchrun does the same for several machines, but turns every exit code into 1. Here a signal to the launcher goes to all
ranks; where one of them dies the others end within seconds, and the worst exit code is passed on.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from multiprocessing.resource_tracker import ensure_running
from threading import Thread
from time import monotonic
from types import FrameType

from nmt.errors import CONTINUES, STOPPING, NmtError, ToldElsewhere

GRACE = 5.0
"""Seconds that the others have to end by themselves after one rank failed."""

LAUNCHED = "NMT_LAUNCHED"
"""Environment variable of a process started here, whose launcher tells the user of a lost rank."""

LOST = 75
"""Exit code of a rank that ends because it does not reach another one; the launcher looks for the reason there."""

FORWARDED = (*STOPPING, signal.SIGUSR1)
HOST = "127.0.0.1"


def launch(size: int, arguments: Sequence[str]) -> None:
    """Runs `nmt ARGUMENTS` as ranks 0 to `size` - 1 on this machine, to their end.

    Errors: NmtError naming a rank that was killed or hangs; ToldElsewhere with the exit code to end with if a rank
    failed and told why. What is worst counts: wrong input, then a failure, then a signal to stop.
    """
    from torch.distributed import TCPStore  # pyright: ignore[reportPrivateImportUsage]

    store = TCPStore(HOST, 0, is_master=True, wait_for_workers=False)
    context = multiprocessing.get_context("spawn")
    ranks: list[BaseProcess] = [
        context.Process(target=_run, args=(list(arguments), _environment(rank, size, store.port)), daemon=True)
        for rank in range(size)
    ]
    with _forwarding(ranks) as forwarded:
        with holding_signals():
            for rank in ranks:
                rank.start()
        hung = _wait(ranks)
    codes = {number: rank.exitcode or 0 for number, rank in enumerate(ranks)}
    _judge(codes, hung, forwarded)


@contextmanager
def holding_signals() -> Iterator[None]:
    """Signals to stop wait while processes are started: one that is told only half of what to do ends with a traceback.
    The new processes hold them too, until `become_child`."""
    ensure_running()  # multiprocessing's tracker, whose start would let signals through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def is_launched() -> bool:
    """Whether this process is a rank that `launch` started."""
    return bool(os.environ.get(LAUNCHED))


def _environment(rank: int, size: int, port: int) -> dict[str, str]:
    """What torchrun would set, and an equal share of the cores."""
    return {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(size),
        "MASTER_ADDR": HOST,
        "MASTER_PORT": str(port),
        "TORCHELASTIC_USE_AGENT_STORE": str(True),
        "OMP_NUM_THREADS": thread_share(size),
        LAUNCHED: "1",
    }


def thread_share(size: int) -> str:
    """Threads of each of `size` processes: an equal share of the cores, unless the user chose a number."""
    return os.environ.get("OMP_NUM_THREADS") or str(max(1, len(os.sched_getaffinity(0)) // size))


def _run(arguments: list[str], environment: dict[str, str]) -> None:
    """The life of a rank."""
    become_child(environment)
    sys.argv = ["nmt", *arguments]
    import_module("nmt.__main__").main()


def become_child(environment: dict[str, str]) -> None:
    """Makes this new process one that ends with the process that started it. It leaves the terminal's process group, so
    that Ctrl-C reaches it only by that process, and ends it without a traceback."""
    os.setpgrp()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
    os.environ.update(environment)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _forwarding(ranks: Sequence[BaseProcess]) -> Iterator[set[int]]:
    """Passes signals on to the ranks; gives the numbers of those that came."""
    came: set[int] = set()

    def forward(number: int, frame: FrameType | None) -> None:
        came.add(number)
        for rank in ranks:
            if rank.exitcode is None and rank.pid is not None:
                os.kill(rank.pid, number)

    heeded = [number for number in FORWARDED if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, forward) for number in heeded}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait(ranks: Sequence[BaseProcess]) -> list[int]:
    """Waits for the end of all ranks; those that did not end within GRACE of a failure are killed, and returned."""
    deadline: float | None = None
    while running := [number for number, rank in enumerate(ranks) if rank.exitcode is None]:
        if deadline is None and any(rank.exitcode for rank in ranks):
            deadline = monotonic() + GRACE
        left = None if deadline is None else max(0.0, deadline - monotonic())
        if left == 0.0:
            for number in running:
                ranks[number].kill()
                ranks[number].join()
            return running
        wait([ranks[number].sentinel for number in running], left)
    return []


def _judge(codes: dict[int, int], hung: list[int], forwarded: set[int]) -> None:
    """Errors: as `launch`."""
    ended = {number: code for number, code in codes.items() if number not in hung and code not in (0, LOST)}
    for number, code in ended.items():
        if code < 0 and -code not in forwarded:
            raise NmtError(f"rank {number} was killed ({signal.Signals(-code).name}); {CONTINUES}")
    if ended:
        raise ToldElsewhere(min((128 - code if code < 0 else code for code in ended.values()), key=_severity))
    if hung:
        raise NmtError(f"rank {hung[0]} did not answer; {CONTINUES}")
    if any(codes.values()):
        raise NmtError(f"the ranks lost each other; {CONTINUES}")


def _severity(code: int) -> tuple[bool, bool, int]:
    """Sorts the worst first."""
    return code != 2, code >= 128, code
