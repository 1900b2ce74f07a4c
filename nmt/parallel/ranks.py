"""Ranks: the processes that train one model, and what they tell each other.

Each sees the whole corpus, takes its share of every batch and adds its gradient to that of the others, so all have the
same weights after every update. The first one alone validates, saves and writes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed import PrefixStore  # pyright: ignore[reportPrivateImportUsage]
from torch.distributed.rendezvous import rendezvous

from nmt.errors import CONTINUES, NmtError, RankLost, ToldElsewhere
from nmt.parallel.launcher import LAUNCHED, LOST

ANSWER = timedelta(seconds=120)
"""How long ranks wait for each other within an update; longer means that one hangs."""

PATIENCE = timedelta(days=7)
"""How long the others wait while the first one validates, saves or prepares; if it dies they notice at once."""

Item = TypeVar("Item")
Made = TypeVar("Made")


class Ranks:
    """One process alone: nothing is sent, everything is its own."""

    rank = 0
    size = 1

    @property
    def is_first(self) -> bool:
        """Whether this is the process that validates, saves and tells."""
        return self.rank == 0

    def share(self, items: Sequence[Item]) -> list[Item]:
        """What of `items` is for this rank: every size-th. It may be nothing."""
        return list(items[self.rank :: self.size])

    def sum(self, values: list[float]) -> list[float]:
        """The sums over all ranks."""
        return values

    def highest(self, value: int) -> int:
        """The highest value of any rank."""
        return value

    def of_first(self, values: list[float]) -> list[float]:
        """The values of the first rank, which the others wait for; they give as many numbers of any kind."""
        return values

    def after_first(self, make: Callable[[], Made]) -> Made:
        """What `make` gives; the others call it when the first one is done."""
        return make()

    def begin_sum(self, buffer: Tensor) -> Any:
        """Begins to replace `buffer` by its sum over all ranks; `end_sum` waits for it."""
        return None

    def end_sum(self, work: Any) -> None:
        """Waits until a sum that was begun is there."""

    def told(self, error: NmtError) -> NmtError:
        """An error that all ranks raise, as it is to be raised here: only the first one tells the user."""
        return error if self.is_first else ToldElsewhere(error.exit_code)


class Group(Ranks):
    """Several processes, by torch.distributed: gloo for numbers and, without CUDA, for gradients; NCCL for those else.

    All of them must call the same methods in the same order. Errors of each: RankLost if one of them is gone or silent.
    """

    def __init__(self, device: torch.device, meeting: str) -> None:
        with _reaching():
            store, rank, size = next(rendezvous("env://", timeout=ANSWER))
            named = PrefixStore(meeting, store)
            dist.init_process_group("gloo", store=named, rank=rank, world_size=size, timeout=ANSWER)
            self._patient: Any = dist.new_group(backend="gloo", timeout=PATIENCE)
            cuda = device.type == "cuda"
            self._gradients: Any = dist.new_group(backend="nccl", timeout=ANSWER) if cuda else None
        self.rank, self.size = dist.get_rank(), dist.get_world_size()

    def sum(self, values: list[float]) -> list[float]:
        return self._reduced(values, dist.ReduceOp.SUM)

    def highest(self, value: int) -> int:
        return int(self._reduced([value], dist.ReduceOp.MAX)[0])

    def of_first(self, values: list[float]) -> list[float]:
        told = torch.tensor(values, dtype=torch.float64)
        with _reaching():
            dist.broadcast(told, 0, group=self._patient)
        return told.tolist()

    def after_first(self, make: Callable[[], Made]) -> Made:
        if self.is_first:
            made = make()
            self.of_first([0.0])
            return made
        self.of_first([0.0])
        return make()

    def begin_sum(self, buffer: Tensor) -> Any:
        with _reaching():
            return dist.all_reduce(buffer, group=self._gradients, async_op=True)

    def end_sum(self, work: Any) -> None:
        with _reaching():
            work.wait()

    def _reduced(self, values: Sequence[float], by: dist.ReduceOp.RedOpType) -> list[float]:
        reduced = torch.tensor(values, dtype=torch.float64)
        with _reaching():
            dist.all_reduce(reduced, by)
        return reduced.tolist()


@contextmanager
def join_ranks(device: torch.device, meeting: str) -> Iterator[Ranks]:
    """The ranks that this process was started with, by `nmt train --nproc`, torchrun or whatever else sets RANK,
    WORLD_SIZE, MASTER_ADDR and MASTER_PORT.

    `meeting`: another name for each training of the same processes, whose addresses the launcher still has from the one
    before. Errors: RankLost if they do not all come.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield Ranks()
        return
    try:
        yield Group(device, meeting)
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()


@contextmanager
def _reaching() -> Iterator[None]:
    """The errors of torch.distributed are of many kinds, all RuntimeErrors, and mean the same to the user."""
    try:
        yield
    except RuntimeError as error:
        if os.environ.get(LAUNCHED):
            raise ToldElsewhere(LOST) from error
        reason = str(error).split("\n")[0]
        message = f"another process of the training is gone or does not answer ({reason}); {CONTINUES}"
        raise RankLost(message) from error
