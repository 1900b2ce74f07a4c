"""What the recurrent cells have in common. B sentences, T steps, I input, J first inputs, H state, G gates."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

from nmt.nn.cell_tape import MakeTape, State, unroll
from nmt.nn.linear import linear


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

    def unroll(self, x_BTI: Tensor, state: State, constant_BI: Tensor | None = None) -> State:
        """The state's tensors after each of the T steps, (B, T, H) each.

        constant_BI: the last inputs, where they are the same at every step; their product is taken once.
        """
        gates_TBG, weight_rest = self.project_first(x_BTI.transpose(0, 1))
        if constant_BI is not None:
            gates_TBG = gates_TBG + linear(constant_BI, weight_rest)
        make_tape, weights = self.tape()
        return tuple(part_TBH.transpose(0, 1) for part_TBH in unroll(make_tape, gates_TBG, *state, *weights))
