"""A task in one process, or in several that share its lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain, islice
from typing import Generic, NamedTuple

from nmt.parallel.workers import Workers
from nmt.pipeline.decoding import Choice, Opened, Tell, open_choice, silent
from nmt.pipeline.tasks import Answer, Pairs, Task
from nmt.search.config import SearchConfig

BLOCK_LINES = 256
"""Lines that one of several processes takes at a time, or `search.batch_sentences` where that is more: few, so that all
of them have some."""


class Block(NamedTuple):
    """Some lines of the input: the number of the first one, from 1, and what is known of the target of each."""

    first: int
    pairs: list[tuple[str, str]]


class SharedTask(Generic[Answer]):
    """A task and the model that does it, opened here so that what is wrong with either is said before any work."""

    def __init__(self, choice: Choice, task: Task[Answer], nproc: int, tell: Tell) -> None:
        """`tell` gets the warnings about the model and about lines to come.

        With several processes the model here only answers for itself, so it takes no accelerator from them.
        Errors: as `open_choice` and the task.
        """
        self._choice, self._task, self._nproc, self._tell = choice, task, nproc, tell
        self.opened: Opened = open_choice(choice if nproc == 1 else choice._replace(device="cpu"), tell)
        self._work = task(self.opened, tell)

    @contextmanager
    def answers(self, pairs: Pairs, first: int = 1, read_ahead: int | None = None) -> Iterator[Iterator[Answer]]:
        """The answers to lines of which `first` is the number of the first one, in order. `read_ahead`: lines to
        read before the first answer, for one process; several share whole blocks and live as long as the context."""
        if self._nproc == 1:
            yield self._work(pairs, first, read_ahead)
            return
        make = partial(_block_worker, self._choice, self._task, self._tell)
        with Workers(self._nproc, make) as workers:
            yield chain.from_iterable(workers.answers(blocks(pairs, self.opened.search, first)))


def blocks(pairs: Iterable[tuple[str, str]], search: SearchConfig, first: int = 1) -> Iterator[Block]:
    """The lines in blocks; `first` is the number of the first one."""
    lines = iter(pairs)
    while block := list(islice(lines, max(BLOCK_LINES, search.batch_sentences or 0))):
        yield Block(first, block)
        first += len(block)


def _block_worker(choice: Choice, task: Task[Answer], tell: Tell) -> Callable[[Block], list[Answer]]:
    """What one of several processes answers with; what is to be said of the model was said before."""
    opened = open_choice(choice)
    work = task(opened, silent)
    opened.translator.warn = tell
    return lambda block: list(work(block.pairs, block.first, None))
