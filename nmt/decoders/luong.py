"""Luong et al. 2015: attention after the recurrence, with and without input feeding.

B sentences, N hypotheses, T target positions, S source positions, E embedding, H decoder, D memory, F width of the
attentional state. Of a context only W_c c_t is read, F wide.
"""

from __future__ import annotations

from itertools import chain
from typing import NamedTuple

import torch
from pydantic import Field, PositiveInt
from torch import Tensor

from nmt.attention.attention import Attention, AttentionConfig, Memory, Reads, next_position
from nmt.attention.scorers.general import General
from nmt.decoders.decoder import Decoder, Step, Unrolled, stacked
from nmt.decoders.loop_tapes import LoopTapes
from nmt.decoders.luong_loop import unroll_input_feeding
from nmt.encoders.encoder import Encoded
from nmt.nn.cell_tape import State
from nmt.nn.dropout import Dropout
from nmt.nn.gru import ResetGate
from nmt.nn.linear import Linear, linear
from nmt.nn.stack import CellType, make_stack, split_steps, step_masks


class LuongState(NamedTuple):
    """States of the recurrent layers, the last attentional state where it is fed back, and t where the window of
    attention asks for it."""

    layers: tuple[State, ...]
    fed_NF: Tensor | None
    position_N: Tensor | None


class Luong(Decoder, name="luong"):
    """h_t from the recurrent layers;  c_t = attention(h_t);  h~_t = tanh(W_c [c_t; h_t])      Luong et al. 2015, eq. 5.

    input_feeding: h~_{t-1} is concatenated with the embedding of y_{t-1}      section 3.3. The first one is zero.
    """

    class Config(Decoder.Config):
        """Settings of Luong's decoder."""

        cell: CellType = "lstm"
        """gru or lstm."""
        reset_gate: ResetGate = "after"
        """GRU only: `before` the recurrent product as in the papers, or `after` it as in PyTorch (faster)."""
        layers: int = Field(default=1, ge=1, le=100)
        """Number of layers."""
        dim: PositiveInt = 512
        """Width of the recurrent layers."""
        attentional_dim: PositiveInt | None = None
        """Width of the attentional state; null: as `dim`."""
        input_feeding: bool = True
        """Feed the last attentional state back into the first layer."""
        dropout: float = Field(default=0.0, ge=0, lt=1)
        """Dropout between layers and on the attentional state that the vocabulary reads."""
        variational: bool = False
        """Between layers, one dropout mask a sentence instead of one a position."""
        residual: bool = False
        """Add the input of each layer from the second on to its output."""
        attention: AttentionConfig = AttentionConfig(scorer=General.Config())
        """How h_t finds its place in the source."""

    def __init__(self, config: Config, *, input_dim: int, memory_dim: int) -> None:
        super().__init__()
        self.config = config
        self.feature_dim = config.attentional_dim or config.dim
        self.dropout = Dropout(config.dropout)
        self.stack = make_stack(
            config.cell,
            config.layers,
            input_dim + (self.feature_dim if config.input_feeding else 0),
            config.dim,
            Dropout(config.dropout, config.variational),
            residual=config.residual,
            reset_gate=config.reset_gate,
        )
        self.shape = self.stack.shape
        self.attention = Attention(config.attention, query_dim=config.dim, memory_dim=memory_dim)
        self.combine = Linear(memory_dim + config.dim, self.feature_dim, bias=False)

    def start(self, encoded: Encoded, initial: tuple[State, ...]) -> tuple[Memory, LuongState]:
        memory = self.attention.remember(encoded.states_BSD, encoded.mask_BS, self._reads())
        fed_BF = None
        if self.config.input_feeding:
            fed_BF = encoded.states_BSD.new_zeros(len(encoded.states_BSD), self.feature_dim)
        return memory, LuongState(initial, fed_BF, self.attention.first_position(memory))

    def advance(self, x_NE: Tensor, memory: Memory, state: LuongState) -> Step:
        return self._step(x_NE, memory, state, (self._reads(), self._weight_output()))

    def unroll(self, x_BTE: Tensor, memory: Memory, state: LuongState) -> Unrolled:
        if not self.config.input_feeding:
            h_BTH, _ = self.stack.unroll(x_BTE, state.layers)
            context_BTF, weights_BTS = self.attention(h_BTH, memory, reads=self._reads())
            return Unrolled(_attentional(h_BTH, self._weight_output(), context_BTF), None, weights_BTS)
        attention, masks_BTH = self.attention.tape(), self.stack.masks(x_BTE)
        if attention is not None:
            gates_TBG, weight_fed = self.stack.cells[0].project_first(x_BTE.transpose(0, 1))
            weights, tapes = (weight_fed, self._weight_output()), LoopTapes(attention, self.stack.tape(masks_BTH))
            initial = tuple(chain.from_iterable(state.layers))
            output_BTF, weights_BTS = unroll_input_feeding(gates_TBG, initial, memory, weights, tapes)
            return Unrolled(output_BTF, None, weights_BTS)
        weights_combine = self._reads(), self._weight_output()
        steps: list[Step] = []
        for t, x_BE in enumerate(split_steps(x_BTE)):
            steps.append(self._step(x_BE, memory, state, weights_combine, step_masks(masks_BTH, t)))
            state = steps[-1].state
        return stacked(steps)

    def readout(self, x: Tensor, output: Tensor, context: Tensor | None) -> Tensor:
        return self.dropout(output)

    def _step(
        self,
        x_NE: Tensor,
        memory: Memory,
        state: LuongState,
        weights: tuple[Reads, Tensor],
        masks: list[Tensor | None] | None = None,
    ) -> Step:
        """One step; weights: the two parts of W_c."""
        reads, weight_output = weights
        inputs = x_NE if state.fed_NF is None else torch.cat([x_NE, state.fed_NF.to(x_NE.dtype)], -1)
        h_NH, layers = self.stack.step(inputs, state.layers, masks)
        context_NF, weights_NS = self.attention.attend_rows(h_NH, memory, state.position_N, reads)
        output_NF = _attentional(h_NH, weight_output, context_NF)
        fed_NF = output_NF if self.config.input_feeding else None
        return Step(output_NF, None, weights_NS, LuongState(layers, fed_NF, next_position(state.position_N)))

    def _reads(self) -> Reads:
        """The columns of W_c that the context has, (F, D)."""
        return (self.combine.weight[:, : -self.config.dim],)

    def _weight_output(self) -> Tensor:
        """The columns of W_c that h_t has, (F, H)."""
        return self.combine.weight[:, -self.config.dim :]


def _attentional(h: Tensor, weight_FH: Tensor, context: Tensor) -> Tensor:
    """h~ (..., F) from h (..., H), its columns of W_c, and the share of the context (..., F)."""
    return torch.tanh(linear(h, weight_FH) + context)
