"""The contract of a decoder: a sequential core (`advance`) and a batched rest (`readout`).

B sentences, K beam, N = B * K hypotheses, T target positions, S source positions, E embedding, H decoder, D memory,
F read-out features, P what the read-out takes of a context.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from nmt.config.component import Component, ComponentConfig
from nmt.encoders.encoder import Encoded
from nmt.nn.cell_tape import State
from nmt.nn.stack import StackShape, split_steps


class Step(NamedTuple):
    """One target position of every hypothesis. A decoder without attention has no weights.

    context_NP: what `readout` takes of the context, itself or a product of it; None if it takes nothing.
    """

    output_NH: Tensor
    context_NP: Tensor | None
    weights_NS: Tensor | None
    state: Any


class Unrolled(NamedTuple):
    """All target positions under teacher forcing."""

    output_BTH: Tensor
    context_BTP: Tensor | None
    weights_BTS: Tensor | None


class Decoder(nn.Module, Component, ABC, family="decoder"):
    """Made with `input_dim` E and `memory_dim` D; tells the `shape` of its recurrent layers and `feature_dim` F.

    Memory and state are trees of tensors (`nmt/nn/tree.py`) that only the decoder looks into. Subclasses give
    `start`, `advance` and `readout`; they override `unroll` where work can be batched over time. Without recurrent
    layers `shape` has 0 of them.
    """

    shape: StackShape
    feature_dim: int
    has_attention = True
    reads_memory = True

    class Config(ComponentConfig):
        """Settings of a decoder."""

    @abstractmethod
    def start(self, encoded: Encoded, initial: tuple[State, ...]) -> tuple[Any, Any]:
        """The memory, dim 0 = B, and the state, dim 0 = B, from the encoder and the bridge's initial states."""

    @abstractmethod
    def advance(self, x_NE: Tensor, memory: Any, state: Any) -> Step:
        """One step from the embedding of the last word. Rows of N belong to the sentences of `memory` in order."""

    @abstractmethod
    def readout(self, x: Tensor, output: Tensor, context: Tensor | None) -> Tensor:
        """Features (..., F) for the vocabulary, from tensors of any equal leading shape."""

    def unroll(self, x_BTE: Tensor, memory: Any, state: Any) -> Unrolled:
        """All steps of `advance`, with the reference words as inputs."""
        steps: list[Step] = []
        for x_BE in split_steps(x_BTE):
            steps.append(self.advance(x_BE, memory, state))
            state = steps[-1].state
        return stacked(steps)


def stacked(steps: Sequence[Step]) -> Unrolled:
    """All steps of one row a sentence, side by side."""
    return Unrolled(
        torch.stack([step.output_NH for step in steps], 1),
        _stack([step.context_NP for step in steps]),
        _stack([step.weights_NS for step in steps]),
    )


def _stack(parts: list[Tensor | None]) -> Tensor | None:
    present = [part for part in parts if part is not None]
    return torch.stack(present, 1) if present else None
