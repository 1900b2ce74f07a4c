"""The batches of one update after the other; the next are made while a GPU still computes or ranks still send."""

from __future__ import annotations

from collections.abc import Callable

import torch

from nmt.data.batch import Batch
from nmt.data.epochs import Epoch
from nmt.parallel.ranks import Ranks


class Feed:
    """What this rank trains on at a place of an epoch, a function of the place alone: making it early changes no bit.

    No thread: Python runs one at a time, and what launches the work of a GPU is Python too. On a processor nothing is
    won or lost by it.
    """

    def __init__(self, ranks: Ranks, device: torch.device, accumulate: int, fit: Callable[[Batch], Batch]) -> None:
        """`accumulate`: batches of an update; `fit`: makes of each what is trained on."""
        self._ranks, self._device, self._accumulate, self._fit = ranks, device, accumulate, fit
        self._ready: dict[tuple[int, int], list[Batch]] = {}

    def take(self, epoch: Epoch, begin: int) -> list[Batch]:
        """The shares of the update that begins with batch `begin` of the epoch, on the device."""
        ready = self._ready.pop((epoch.number, begin), None)
        self._ready.clear()
        return self._make(epoch, begin) if ready is None else ready

    def prepare(self, epoch: Epoch, begin: int) -> None:
        """Makes what the next `take` will be asked for, unless the epoch is over."""
        if begin < len(epoch.batches):
            self._ready[epoch.number, begin] = self._make(epoch, begin)

    def _make(self, epoch: Epoch, begin: int) -> list[Batch]:
        shares = map(self._ranks.share, epoch.batches[begin : begin + self._accumulate])
        return [self._fit(epoch.batch(ids)).to(self._device) for ids in shares if ids]
