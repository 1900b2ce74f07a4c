"""What the recurrent cells have in common. B sentences, T steps, I input, J first inputs, H state, G gates."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from nmt.nn.at_once import has_cudnn
from nmt.nn.cell_tape import MakeTape, State, unroll
from nmt.nn.linear import dtype_for_products, linear
from nmt.nn.masks import take_last


class Cell(nn.Module, ABC):
    """One recurrent layer: `weight_ih` (G, I) and `input_bias` (G) make the input's share of the gates."""

    states: int
    """Tensors of a state: GRU 1, LSTM 2."""
    dim: int
    weight_ih: nn.Parameter

    @property
    @abstractmethod
    def input_bias(self) -> Tensor:
        """The bias of the input's share of the gates, (G)."""

    @abstractmethod
    def step(self, gates_BG: Tensor, state: State) -> State:
        """One step from the input's share of the gates."""

    @abstractmethod
    def tape(self) -> tuple[MakeTape, tuple[Tensor, ...]]:
        """The recurrence by hand, and the weights that it takes."""

    def project(self, x: Tensor) -> Tensor:
        """The input's share of the gates, (..., I) -> (..., G)."""
        return linear(x, self.weight_ih, self.input_bias)

    def project_first(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The gates' share of the first inputs x, (..., J) -> (..., G), and the weights of the others, (G, I - J)."""
        first = x.size(-1)
        weight_first, weight_rest = self.weight_ih.split([first, self.weight_ih.size(1) - first], 1)
        # PyTorch adds the bias within the product only where the rows lie one after the other
        return linear(x.contiguous(), weight_first, self.input_bias), weight_rest

    def run(
        self, x_BTI: Tensor, state: State, len_B: Tensor | None = None, constant_BI: Tensor | None = None
    ) -> tuple[Tensor, State]:
        """h_BTH, and the state after the last step, or after the last one of each sentence where its length is given.

        constant_BI: the last inputs, where they are the same at every step; their product is taken once.
        """
        if x_BTI.size(1) > 1 and self.can_run_at_once and has_cudnn(x_BTI):
            if constant_BI is not None:
                x_BTI = torch.cat([x_BTI, constant_BI[:, None].expand(-1, x_BTI.size(1), -1).to(x_BTI.dtype)], -1)
            h_BTH, last = self.run_at_once(x_BTI, state, len_B)
            dtype = dtype_for_products(x_BTI)
            return h_BTH.to(dtype), tuple(part_BH.to(dtype) for part_BH in last)
        history = self.unroll(x_BTI, state, constant_BI)
        return history[0], tuple(take_last(part_BTH, len_B) for part_BTH in history)

    @property
    def can_run_at_once(self) -> bool:
        """Whether PyTorch has the whole recurrence as one operation."""
        return True

    @abstractmethod
    def run_at_once(self, x_BTI: Tensor, state: State, len_B: Tensor | None) -> tuple[Tensor, State]:
        """As `run`, by a single operation."""

    def unroll(self, x_BTI: Tensor, state: State, constant_BI: Tensor | None = None) -> State:
        """The state's tensors after each of the T steps, (B, T, H) each, by hand; constant_BI as in `run`."""
        gates_TBG, weight_rest = self.project_first(x_BTI.transpose(0, 1))
        if constant_BI is not None:
            gates_TBG = gates_TBG + linear(constant_BI, weight_rest)
        make_tape, weights = self.tape()
        return tuple(part_TBH.transpose(0, 1) for part_TBH in unroll(make_tape, gates_TBG, *state, *weights))
