"""The sum of the gradients of all ranks, sent while the backward pass still runs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from nmt.parallel.ranks import Ranks

BUCKET = 2**21
"""Numbers sent at once, about: 8 MB in float32."""


class GradientSum:
    """Makes each gradient the sum over all ranks, bucket by bucket, as in PyTorch's DistributedDataParallel.

    A bucket leaves as soon as the backward pass has made all of its gradients. Those of the last layers come first, so
    buckets go in the reverse order of the parameters, and always in that order: ranks meet in the same bucket even if
    one of them has no gradient at all because it got no share of the batch. Beside the gradients a bucket tells how
    many ranks have each of them; one that no rank has stays None.
    """

    def __init__(self, parameters: Sequence[nn.Parameter], ranks: Ranks) -> None:
        """`parameters`: in the order of the forward pass."""
        self._ranks = ranks
        self._buckets = _buckets(parameters)
        self._missing: list[int] = []
        self._sent: list[tuple[Any, Tensor]] = []
        for number, bucket in enumerate(self._buckets):
            for parameter in bucket:
                parameter.register_post_accumulate_grad_hook(partial(self._on_gradient, number))

    def expect(self) -> None:
        """The next backward pass is the last one of the update, so what it makes can be sent. Without this call all is
        sent by `send`: a replay runs no hooks."""
        self._missing = [len(bucket) for bucket in self._buckets]

    def send(self, unfinished: Collection[Tensor] = ()) -> None:
        """Sends what is left, or what of it stands before a bucket with parameters that are still to get gradients."""
        while len(self._sent) < len(self._buckets):
            if any(parameter in unfinished for parameter in self._buckets[len(self._sent)]):
                return
            self._send()

    def finish(self, in_place: bool = False) -> None:
        """After `send`: waits until every gradient is the sum, in its own memory if `in_place`. Errors: RankLost."""
        for work, _ in self._sent:
            self._ranks.end_sum(work)
        parameters = [parameter for bucket in self._buckets for parameter in bucket]
        sums, counts = list[Tensor](), list[Tensor]()
        for bucket, (_, buffer) in zip(self._buckets, self._sent, strict=True):
            *totals, count = buffer.split([*(parameter.numel() for parameter in bucket), len(bucket)])
            sums += totals
            counts.append(count)
        missing = any(parameter.grad is None for parameter in parameters)
        holders = torch.cat(counts).tolist() if missing else [1] * len(parameters)
        for parameter, total, holder in zip(parameters, sums, holders, strict=True):
            total = total.view_as(parameter) if holder else None
            if not in_place or total is None:
                parameter.grad = total
            elif parameter.grad is None:
                parameter.grad = total.clone()
            else:
                parameter.grad.copy_(total)
        self._missing, self._sent = [], []

    def _on_gradient(self, number: int, parameter: Tensor) -> None:
        if not self._missing:
            return
        self._missing[number] -= 1
        while len(self._sent) < len(self._buckets) and self._missing[len(self._sent)] == 0:
            self._send()

    def _send(self) -> None:
        bucket = self._buckets[len(self._sent)]
        held = [torch.zeros_like(p) if p.grad is None else p.grad for p in bucket]
        holders = [p.new_full((1,), p.grad is not None) for p in bucket]
        buffer = torch.cat([*(gradient.flatten() for gradient in held), *holders])
        self._sent.append((self._ranks.begin_sum(buffer), buffer))


def _buckets(parameters: Sequence[nn.Parameter]) -> list[list[nn.Parameter]]:
    """The parameters from the last to the first, cut where a bucket is full."""
    buckets: list[list[nn.Parameter]] = []
    filled = BUCKET
    for parameter in reversed(parameters):
        if filled >= BUCKET:
            buckets.append([])
            filled = 0
        buckets[-1].append(parameter)
        filled += parameter.numel()
    return buckets
