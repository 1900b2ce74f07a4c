"""Whether layers draw their weights when they are made: those that a checkpoint brings need not be drawn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from torch import nn

_left: ContextVar[bool] = ContextVar("left", default=False)


@contextmanager
def left_unfilled() -> Iterator[None]:
    """Within this context the large weights of new models are whatever was in memory."""
    before = _left.set(True)
    try:
        yield
    finally:
        _left.reset(before)


def fills() -> bool:
    """Whether weights are to be drawn."""
    return not _left.get()


class Filled(nn.Module):
    """A layer of PyTorch, which draws its weights in `reset_parameters`, where `fills` says so."""

    def reset_parameters(self) -> None:
        if fills():
            super().reset_parameters()  # type: ignore[misc]
