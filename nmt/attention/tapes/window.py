"""The window of every step of a recurrence: where attention looks, and what multiplies its weights.

B sentences, T steps, S source positions, H query width.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor


class WindowTape(ABC):
    """`look` comes first at every step. Contexts are made of the softmax's weights, which are what is told."""

    @abstractmethod
    def look(self, t: int, query_BH: Tensor) -> Tensor:
        """penalty_BS of step t: 0 inside the window, -inf outside."""

    def gradients(self, query_TBH: Tensor) -> tuple[Tensor, ...]:
        """Gradients of the window's parameters."""
        return ()


class WeighingTape(WindowTape):
    """Contexts are made of `mixed` weights, the softmax's times a factor; what is told is them over their sum."""

    mixed_TBS: Tensor

    @abstractmethod
    def weigh(self, t: int, aligned_BS: Tensor, weights_BS: Tensor) -> Tensor:
        """mixed_BS from the softmax's weights; writes weights_BS, those that are told."""

    @abstractmethod
    def weigh_back(self, t: int, dmixed_BS: Tensor, dweights_BS: Tensor) -> tuple[Tensor, Tensor]:
        """The gradients of the scores and of the query."""


MakeWindowTape = Callable[..., WindowTape]
"""A tape from penalty_BS of the sentences' own positions, the number of steps and the window's parameters."""


class EverywhereTape(WindowTape):
    """All of the sentence."""

    def __init__(self, penalty_BS: Tensor, steps: int) -> None:
        self.penalty_BS = penalty_BS

    def look(self, t: int, query_BH: Tensor) -> Tensor:
        return self.penalty_BS


class PositionTape(WindowTape):
    """A window that hangs on the position of the target word alone: inside_BTS of mask_BS and position_BT."""

    def __init__(self, inside: Callable[[Tensor, Tensor], Tensor], penalty_BS: Tensor, steps: int) -> None:
        position_BT = torch.arange(1, steps + 1, device=penalty_BS.device).expand(len(penalty_BS), -1)
        outside_TBS = ~inside(penalty_BS == 0, position_BT).transpose(0, 1)
        self.penalty_TBS = penalty_BS.new_zeros(outside_TBS.shape).masked_fill_(outside_TBS, float("-inf"))

    def look(self, t: int, query_BH: Tensor) -> Tensor:
        return self.penalty_TBS[t]
