"""A recurrent cell unrolled over a sequence without autograd: a forward and a backward pass by hand.

In an autograd loop most of the backward pass is the weight gradient of each step and its accumulation; here it is one
product after the loop. B sentences, T steps, G gates, H state.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from nmt.nn.by_hand import alike, take_saved

State = tuple[Tensor, ...]
"""A cell's state, (h_BH,) or (h_BH, c_BH)."""


class CellTape(ABC):
    """`step` writes buffers forward, `step_back` reads them backward.

    parts: the state's tensors after every step, (T + 1, B, H) each, the initial state first; parts[0] is the output of
    a single layer.
    """

    parts: State

    @property
    def output_TBH(self) -> Tensor:
        """The output of every step."""
        return self.parts[0][1:]

    @abstractmethod
    def step(self, t: int, gates_BG: Tensor) -> Tensor:
        """The output h_BH of step t, from the input's share of its gates."""

    @abstractmethod
    def step_back(self, t: int, dstate: State, dgates_BG: Tensor) -> None:
        """Writes the gradient of the gates of step t.

        dstate: the gradient of the state after it from outside the recurrence; of its first tensors, where the others
        have none.
        """

    @abstractmethod
    def gradients(self, dgates_TBG: Tensor) -> tuple[Tensor, ...]:
        """Gradients of the initial state, then of the weights in the order of the constructor."""


MakeTape = Callable[..., CellTape]
"""A tape from the number of steps, the initial state's tensors and the weights."""


def unroll(make_tape: MakeTape, gates_TBG: Tensor, *inputs: Tensor) -> State:
    """The state's tensors after each of the T steps, (T, B, H), computed in the type of the gates.

    `inputs` are the initial state and the weights.
    """
    return _Sequence.apply(make_tape, gates_TBG, *inputs)  # type: ignore[return-value]


class _Sequence(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, make_tape: MakeTape, *tensors: Tensor) -> State:
        gates_TBG, *inputs = alike(tensors)
        tape = make_tape(len(gates_TBG), *inputs)
        ctx.saved = tape, gates_TBG.shape
        for t, gates_BG in enumerate(gates_TBG.unbind(0)):
            tape.step(t, gates_BG)
        return tuple(part[1:].clone() for part in tape.parts)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        tape, shape = _saved(ctx)
        grads = tuple(grad.contiguous() for grad in grads)
        dgates_TBG = grads[0].new_empty(shape)
        for t in range(len(dgates_TBG) - 1, -1, -1):
            tape.step_back(t, tuple(grad[t] for grad in grads), dgates_TBG[t])
        return None, dgates_TBG, *tape.gradients(dgates_TBG)


def _saved(ctx: Any) -> tuple[CellTape, torch.Size]:
    return take_saved(ctx)
