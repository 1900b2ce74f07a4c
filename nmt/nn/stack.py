"""A stack of recurrent layers in one direction, step by step or over a whole sequence.

B sentences, T steps, I input, H state, L layers.
"""

from __future__ import annotations

from functools import partial
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from nmt.nn.cell import Cell
from nmt.nn.cell_tape import MakeTape, State
from nmt.nn.dropout import Dropout, mask_at
from nmt.nn.gru import GRU, ResetGate
from nmt.nn.lstm import LSTM
from nmt.nn.stack_tape import Layer, StackTape

CellType = Literal["gru", "lstm"]


class StackShape(NamedTuple):
    """Sizes of a stack: L layers of width `dim` H; `states` tensors a cell's state (GRU 1, LSTM 2)."""

    layers: int
    dim: int
    states: int


def make_cell(cell: CellType, input_dim: int, dim: int, reset_gate: ResetGate = "after") -> Cell:
    """A recurrent layer of the named kind."""
    return GRU(input_dim, dim, reset_gate) if cell == "gru" else LSTM(input_dim, dim)


def zero_state(cell: Cell, like_BE: Tensor) -> State:
    """The all-zero state of `cell` for the B rows of `like_BE`."""
    return tuple(like_BE.new_zeros(len(like_BE), cell.dim) for _ in range(cell.states))


class Stack(nn.Module):
    """L recurrent layers; the output of each is the input of the next, with dropout between layers.

    residual: from the second layer on, a layer's input is added to its output (Wu et al. 2016, eq. 6).
    """

    def __init__(self, layers: list[Cell], dropout: Dropout, residual: bool = False) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.dropout, self.residual = dropout, residual

    @property
    def shape(self) -> StackShape:
        """Layers, width and states of the stack."""
        cell = self.cells[-1]
        return StackShape(len(self.layers), cell.dim, cell.states)

    @property
    def cells(self) -> list[Cell]:
        """The layers, bottom first."""
        return list(self.layers)  # type: ignore[arg-type]

    def masks(self, like_BTE: Tensor) -> list[Tensor | None]:
        """Dropout factors on the input of every layer but the first, (B, T or 1, H), for `step` in training."""
        batch, steps, _ = like_BTE.shape
        return [self.dropout.mask(like_BTE.new_empty(batch, steps, cell.dim)) for cell in self.cells[:-1]]

    def tape(self, masks_BTH: list[Tensor | None]) -> tuple[MakeTape, tuple[Tensor, ...]]:
        """The recurrence by hand from the gates of the bottom layer, and the weights that it takes; as `Cell.tape`."""
        if len(self.cells) == 1:
            return self.cells[0].tape()
        layers, weights = list[Layer](), list[Tensor]()
        for index, (cell, mask_BTH) in enumerate(zip(self.cells, [None, *masks_BTH], strict=True)):
            make_tape, recurrent = cell.tape()
            weights += [cell.weight_ih, cell.input_bias, *recurrent] if index else recurrent
            layers.append(Layer(make_tape, cell.states, len(recurrent), mask_BTH))
        return partial(StackTape, layers, self.residual), tuple(weights)

    def step(
        self, x_BI: Tensor, states: tuple[State, ...], masks: list[Tensor | None] | None = None
    ) -> tuple[Tensor, tuple[State, ...]]:
        """Output h_BH of the top layer and the new states; `masks` are those of this step, (B, H)."""
        new: list[State] = []
        for index, (cell, state) in enumerate(zip(self.cells, states, strict=True)):
            mask = masks[index - 1] if masks and index else None
            x_BI = x_BI if mask is None else x_BI * mask
            state = cell.step(cell.project(x_BI), state)
            x_BI = state[0] + x_BI if self.residual and index else state[0]
            new.append(state)
        return x_BI, tuple(new)

    def unroll(
        self, x_BTI: Tensor, states: tuple[State, ...], constant_BI: Tensor | None = None
    ) -> tuple[Tensor, tuple[State, ...]]:
        """output_BTH of the top layer and the final states; constant_BI as in `Cell.run`, for the first layer."""
        new: list[State] = []
        for index, (cell, state) in enumerate(zip(self.cells, states, strict=True)):
            x_BTI = self.dropout(x_BTI) if index else x_BTI
            h_BTH, state = cell.run(x_BTI, state, constant_BI=None if index else constant_BI)
            x_BTI = h_BTH + x_BTI if self.residual and index else h_BTH
            new.append(state)
        return x_BTI, tuple(new)


def make_stack(
    cell: CellType, layers: int, input_dim: int, dim: int, dropout: Dropout, *, residual: bool, reset_gate: ResetGate
) -> Stack:
    """`layers` recurrent layers of width `dim` on inputs of width `input_dim`."""
    widths = [input_dim] + [dim] * (layers - 1)
    return Stack([make_cell(cell, width, dim, reset_gate) for width in widths], dropout, residual)


def step_masks(masks_BTH: list[Tensor | None], t: int) -> list[Tensor | None]:
    """The masks of step t, (B, H); variational masks are the same at every t."""
    return [mask_at(mask_BTH, t) for mask_BTH in masks_BTH]


def split_steps(x_BTF: Tensor) -> tuple[Tensor, ...]:
    """x_BTF as T contiguous tensors (B, F)."""
    return torch.unbind(x_BTF.transpose(0, 1).contiguous(), 0)
