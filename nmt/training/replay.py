"""Gradients by replay: what the first batch of a shape made a GPU do is done again for the later ones, by one launch.

A recurrence is thousands of small operations. To launch them one by one takes longer than to compute them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor
from torch.nn import Parameter

from nmt.data.batch import Batch
from nmt.nn.cut import Piece

Result = TypeVar("Result")


class Begun(NamedTuple):
    """The losses of a batch; some of its gradients are there, the rest is made by running what is `later`, in order."""

    losses: Tensor
    later: Sequence[Piece] = ()

    def end(self) -> None:
        """Makes all gradients."""
        for piece in self.later:
            piece.run()


Compute = Callable[[Batch, Tensor], Begun]
"""Adds the gradients of a batch, divided by a number, to those of the parameters."""

Record = Callable[[Callable[[], Begun]], tuple[Callable[[], None], Begun]]
"""From a function: one that does the same again with the tensors that it read and wrote, and what it began, whose
losses are overwritten by that, and whose pieces go on from it, time and again. Errors: NoRoomError, before the function
is called, where memory gets scarce."""

LEAST_FREE = 0.25
"""The share of a GPU's memory that recordings leave free. A graph takes some 10 KB for each of its operations, beside
PyTorch's memory."""


class NoRoomError(RuntimeError):
    """There is no memory for another recording."""


class Replay(NamedTuple):
    """What was recorded for the batches of one shape: `again` reads `batch` and `size` and writes the losses."""

    batch: Batch
    size: Tensor
    again: Callable[[], None]
    begun: Begun

    def __call__(self, batch: Batch, size: Tensor) -> Begun:
        """As `Compute`, for a batch of the shape."""
        for mine, given in zip(self.batch.tensors(), batch.tensors(), strict=True):
            mine.copy_(given, non_blocking=True)
        self.size.copy_(size)
        self.again()
        return self.begun._replace(losses=self.begun.losses.clone())


class Replays:
    """Replays by the shape of batches. Gradients stay where they are: set them to 0, not to None."""

    def __init__(self, parameters: Sequence[Parameter], record: Record, warn: Callable[[str], None]) -> None:
        self._parameters, self._record, self._warn = parameters, record, warn
        self._found: dict[tuple[object, ...], Replay] = {}
        self._more = True

    def find(self, batch: Batch, compute: Compute) -> Compute:
        """`compute`, or for batches of this shape what does the same faster. To record it draws random numbers, but
        changes no gradient."""
        shape = batch.tokens == len(batch.real_targets[0]), *(tensor.shape for tensor in batch.tensors())
        if shape not in self._found and self._more:
            self._more = self._try(shape, batch, compute)
        return self._found.get(shape, compute)

    def _try(self, shape: tuple[object, ...], batch: Batch, compute: Compute) -> bool:
        """Whether it was recorded. After any failure but one all memory of recordings is free again."""
        try:
            self._found[shape] = self._recorded(batch, compute)
            return True
        except NoRoomError as error:
            self._warn(f"no more CUDA graphs, batches of other shapes train slower: {error}")
        except RuntimeError as error:
            self._found.clear()
            self._warn(f"no CUDA graphs, training is slower without: {_reason(error)}")
        return False

    def _recorded(self, batch: Batch, compute: Compute) -> Replay:
        own = batch.map(torch.clone)
        size = own.src_BS.new_ones(())
        before = [None if p.grad is None else p.grad.clone() for p in self._parameters]
        try:
            again, begun = self._record(lambda: compute(own, size))
        finally:
            for parameter, gradient in zip(self._parameters, before, strict=True):
                _set_gradient(parameter, gradient)
        return Replay(own, size, again, begun)


class CudaGraphs:
    """Records what a function does on the GPU, each piece as a graph. They share their memory, as only one is at work,
    and the pieces of a batch in the order in which they were recorded."""

    def __init__(self) -> None:
        self._pool = torch.cuda.graph_pool_handle()

    def __call__(self, run: Callable[[], Begun]) -> tuple[Callable[[], None], Begun]:
        """As `Record`; the function runs twice before, on a stream of its own, as libraries prepare then."""
        free, total = torch.cuda.mem_get_info()
        if free < LEAST_FREE * total:
            raise NoRoomError(f"less than {LEAST_FREE:.0%} of the GPU's memory is free")
        here, aside = torch.cuda.current_stream(), torch.cuda.Stream()
        aside.wait_stream(here)
        try:
            with torch.cuda.stream(aside):
                for _ in range(2):
                    run().end()
        finally:
            here.wait_stream(aside)
        with torch.cuda.stream(here):
            again, begun = self._graph(run)
            later = [piece._replace(run=self._graph(piece.run)[0]) for piece in begun.later]
        return again, begun._replace(later=later)

    def _graph(self, run: Callable[[], Result]) -> tuple[Callable[[], None], Result]:
        graph = torch.cuda.CUDAGraph()
        # another thread may ask the GPU for what other ranks sent, which is no part of this
        with torch.cuda.graph(graph, pool=self._pool, capture_error_mode="thread_local"):
            result = run()
        return graph.replay, result


def _set_gradient(parameter: Parameter, value: Tensor | None) -> None:
    """Keeps the tensor of the gradient; None: 0."""
    if parameter.grad is None:
        return
    if value is None:
        parameter.grad.zero_()
    else:
        parameter.grad.copy_(value)


def _reason(error: BaseException) -> str:
    """The first line of what came first; the end of a recording that failed says only that it did."""
    while error.__context__ is not None:
        error = error.__context__
    return str(error).partition("\n")[0]
