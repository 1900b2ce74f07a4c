"""Recurrent layers on top of each other as one recurrence by hand, for a loop that feeds the top's output back.

B sentences, T steps, G gates of a layer, H state.
"""

from __future__ import annotations

from functools import cached_property
from itertools import islice
from typing import NamedTuple

import torch
from torch import Tensor

from nmt.kernels.product import PackedLinear, product_over_rows
from nmt.nn.cell_tape import CellTape, MakeTape, State
from nmt.nn.dropout import mask_at


class Layer(NamedTuple):
    """How a layer's tape is made: `states` tensors of its state and `weights` of its recurrence follow the number of
    steps. Its input is multiplied by mask_BTH (`mask_at`), that of the bottom layer by nothing."""

    make_tape: MakeTape
    states: int
    weights: int
    mask_BTH: Tensor | None


class StackTape(CellTape):
    """s_l = cell_l(s_l, W_l d_l + b_l) with d_l = mask_l x_{l-1} and x_1 = h_1, x_l = h_l or, residual, h_l + d_l; the
    output is the top's x. The gates of the bottom layer are given; from outside, the output alone has a gradient.

    States are those of the bottom layer, then of the next one. Weights are those of the bottom recurrence, and then W,
    b and those of the recurrence of each other layer.
    """

    def __init__(self, layers: list[Layer], residual: bool, steps: int, *tensors: Tensor) -> None:
        rest = iter(tensors)
        states = [list(islice(rest, layer.states)) for layer in layers]
        self.tapes, self.uppers = list[CellTape](), list[_Upper]()
        for index, layer in enumerate(layers):
            product = (next(rest), next(rest)) if index else None
            self.tapes.append(layer.make_tape(steps, *states[index], *islice(rest, layer.weights)))
            if product is not None:
                self.uppers.append(_Upper(self.tapes[-1], product, layer.mask_BTH, residual))
        self.parts = tuple(part for tape in self.tapes for part in tape.parts)
        self._output_TBH = torch.empty_like(self.tapes[-1].output_TBH)

    @property
    def output_TBH(self) -> Tensor:
        return self._output_TBH

    def step(self, t: int, gates_BG: Tensor) -> Tensor:
        x_BH = self.tapes[0].step(t, gates_BG)
        for upper in self.uppers:
            x_BH = upper.step(t, x_BH)
        return self._output_TBH[t].copy_(x_BH)

    def step_back(self, t: int, dstate: State, dgates_BG: Tensor) -> None:
        (dx_BH,) = dstate
        for upper in reversed(self.uppers):
            dx_BH = upper.step_back(t, dx_BH)
        self.tapes[0].step_back(t, (dx_BH,), dgates_BG)

    def gradients(self, dgates_TBG: Tensor) -> tuple[Tensor, ...]:
        dstates, dweights = list[Tensor](), list[Tensor]()
        for index, tape in enumerate(self.tapes):
            upper = self.uppers[index - 1] if index else None
            found = tape.gradients(dgates_TBG if upper is None else upper.dgates_TBG)
            dstates += found[: len(tape.parts)]
            dweights += () if upper is None else upper.gradients()
            dweights += found[len(tape.parts) :]
        return (*dstates, *dweights)


class _Upper:
    """A layer above the bottom: its input and the product of it."""

    def __init__(self, tape: CellTape, product: tuple[Tensor, Tensor], mask_BTH: Tensor | None, residual: bool) -> None:
        self.tape, self.mask_BTH, self.residual = tape, mask_BTH, residual
        weight_GH, self.bias_G = product
        self.project = PackedLinear(weight_GH)
        self.read_TBH = torch.empty_like(tape.output_TBH)

    @cached_property
    def dgates_TBG(self) -> Tensor:
        return self.read_TBH.new_empty(*self.read_TBH.shape[:2], len(self.bias_G))

    def step(self, t: int, x_BH: Tensor) -> Tensor:
        mask_BH = mask_at(self.mask_BTH, t)
        read_BH = self.read_TBH[t].copy_(x_BH if mask_BH is None else x_BH * mask_BH)
        h_BH = self.tape.step(t, self.project.forward(read_BH, self.bias_G))
        return h_BH + read_BH if self.residual else h_BH

    def step_back(self, t: int, dx_BH: Tensor) -> Tensor:
        """The gradient of the input from that of the output."""
        dgates_BG, mask_BH = self.dgates_TBG[t], mask_at(self.mask_BTH, t)
        self.tape.step_back(t, (dx_BH,), dgates_BG)
        dread_BH = self.project.backward(dgates_BG, dx_BH if self.residual else None)
        return dread_BH if mask_BH is None else (dread_BH * mask_BH).to(dread_BH.dtype)

    def gradients(self) -> tuple[Tensor, Tensor]:
        """Of W and b."""
        dgates = self.dgates_TBG.flatten(0, 1)
        return product_over_rows(dgates, self.read_TBH.flatten(0, 1)), dgates.sum(0)
