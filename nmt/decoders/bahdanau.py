"""RNNsearch: attention before the recurrence.

B sentences, N hypotheses, T target positions, S source positions, E embedding, H decoder, D memory, F maxout width.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from pydantic import Field, PositiveInt
from torch import Tensor

from nmt.attention.attention import Attention, AttentionConfig, Memory, next_position
from nmt.decoders.bahdanau_loop import unroll_bahdanau
from nmt.decoders.decoder import Decoder, Step, Unrolled
from nmt.decoders.loop_tapes import LoopTapes
from nmt.encoders.encoder import Encoded
from nmt.nn.cell_tape import State
from nmt.nn.dropout import Dropout
from nmt.nn.gru import GRU, ResetGate
from nmt.nn.maxout import Maxout
from nmt.nn.stack import StackShape


class BahdanauState(NamedTuple):
    """s_{i-1}, and i where the window of attention asks for it."""

    s_NH: Tensor
    position_N: Tensor | None


class Bahdanau(Decoder, name="bahdanau"):
    """c_i = attention(s_{i-1});  s_i = GRU(s_{i-1}, [E y_{i-1}; c_i])      Bahdanau et al. 2014, 3.1, A.1, A.2.2.

    The features of the vocabulary are t_i = maxout(U_o s + V_o E y_{i-1} + C_o c_i), s being s_i or s_{i-1}.
    The paper's text says s_i (eq. 4), the formula of its appendix s_{i-1} (A.2.2).
    """

    class Config(Decoder.Config):
        """Settings of RNNsearch's decoder."""

        reset_gate: ResetGate = "before"
        """`before` the recurrent product as in the paper, or `after` it as in PyTorch (faster)."""
        dim: PositiveInt = 512
        """Width of the state."""
        maxout: PositiveInt = 500
        """Width of the maxout read-out, the features that the vocabulary reads."""
        readout_state: Literal["current", "previous"] = "current"
        """The state that the read-out sees: s_i (the paper's eq. 4) or s_{i-1} (its appendix A.2.2)."""
        dropout: float = Field(default=0.0, ge=0, lt=1)
        """Dropout on the read-out."""
        attention: AttentionConfig = AttentionConfig()
        """How s_{i-1} finds its place in the source."""

    def __init__(self, config: Config, *, input_dim: int, memory_dim: int) -> None:
        super().__init__()
        self.config = config
        self.cell = GRU(input_dim + memory_dim, config.dim, config.reset_gate)
        self.shape = StackShape(1, config.dim, 1)
        self.attention = Attention(config.attention, query_dim=config.dim, memory_dim=memory_dim)
        self.maxout = Maxout(config.dim + input_dim + memory_dim, config.maxout)
        self.feature_dim = config.maxout
        self.dropout = Dropout(config.dropout)

    def start(self, encoded: Encoded, initial: tuple[State, ...]) -> tuple[Memory, BahdanauState]:
        memory = self.attention.remember(encoded.states_BSD, encoded.mask_BS)
        return memory, BahdanauState(initial[0][0], self.attention.first_position(memory))

    def advance(self, x_NE: Tensor, memory: Memory, state: BahdanauState) -> Step:
        context_ND, weights_NS = self.attention.attend_rows(state.s_NH, memory, state.position_N)
        (new_NH,) = self.cell.step(self.cell.project(torch.cat([x_NE, context_ND], -1)), (state.s_NH,))
        read_NH = new_NH if self.config.readout_state == "current" else state.s_NH
        return Step(read_NH, context_ND, weights_NS, BahdanauState(new_NH, next_position(state.position_N)))

    def unroll(self, x_BTE: Tensor, memory: Memory, state: BahdanauState) -> Unrolled:
        attention = self.attention.tape()
        if attention is None:
            return super().unroll(x_BTE, memory, state)
        gates_TB3H, weight_context = self.cell.project_first(x_BTE.transpose(0, 1))
        tapes = LoopTapes(attention, self.cell.tape())
        before_BTH, after_BTH, context_BTD, weights_BTS = unroll_bahdanau(
            gates_TB3H, (state.s_NH,), memory, weight_context, tapes
        )
        read_BTH = after_BTH if self.config.readout_state == "current" else before_BTH
        return Unrolled(read_BTH, context_BTD, weights_BTS)

    def readout(self, x: Tensor, output: Tensor, context: Tensor | None) -> Tensor:
        assert context is not None
        return self.dropout(self.maxout([output, x, context]))
