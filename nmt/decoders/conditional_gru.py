"""The conditional GRU of Nematus: attention between two GRUs.

B sentences, N hypotheses, T target positions, S source positions, E embedding, H decoder, D memory, F width of the deep
output, P = 3H + F what the second GRU and the deep output take of a context.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from pydantic import Field, PositiveInt
from torch import Tensor

from nmt.attention.attention import Attention, AttentionConfig, Memory, Reads, next_position
from nmt.decoders.decoder import Decoder, Step, Unrolled, stacked
from nmt.encoders.encoder import Encoded
from nmt.nn.cell_tape import State
from nmt.nn.dropout import Dropout
from nmt.nn.gru import GRU, ResetGate
from nmt.nn.linear import Linear, for_products, linear
from nmt.nn.stack import StackShape, split_steps


class ConditionalGRUState(NamedTuple):
    """s_{j-1}, and j where the window of attention asks for it."""

    s_NH: Tensor
    position_N: Tensor | None


class ConditionalGRU(Decoder, name="conditional_gru"):
    """s'_j = GRU_1(s_{j-1}, E y_{j-1});  c_j = attention(s'_j);  s_j = GRU_2(s'_j, c_j)      Sennrich et al. 2017.

    The features of the vocabulary are the deep output t_j = tanh(W_t1 s_j + W_t2 E y_{j-1} + W_t3 c_j). Neither GRU
    is recurrent by itself: GRU_2 starts from the state of GRU_1, and GRU_1 at the next step from that of GRU_2.

    With `bridge: {type: dense, source: mean}`, s_0 = tanh(W_init mean_i h_i), this is Nematus's model and Marian's
    `s2s` (--dec-cell gru, --dec-cell-base-depth 2, --dec-depth 1). Marian can put more cells after the second, more
    layers above and layer normalisation in between. Both take a zero vector for E y_0, here BOS has an embedding.
    """

    class Config(Decoder.Config):
        """Settings of the conditional GRU."""

        reset_gate: ResetGate = "after"
        """`after` the recurrent product as in Nematus and Marian, or `before` it as in Cho et al."""
        dim: PositiveInt = 512
        """Width of the state."""
        deep_output: PositiveInt | None = None
        """Width of the deep output, the features that the vocabulary reads; null: as an embedding."""
        dropout: float = Field(default=0.0, ge=0, lt=1)
        """Dropout on the deep output."""
        attention: AttentionConfig = AttentionConfig()
        """How s'_j finds its place in the source."""

    def __init__(self, config: Config, *, input_dim: int, memory_dim: int) -> None:
        super().__init__()
        self.config = config
        self.first = GRU(input_dim, config.dim, config.reset_gate)
        self.second = GRU(memory_dim, config.dim, config.reset_gate)
        self.shape = StackShape(1, config.dim, GRU.states)
        self.attention = Attention(config.attention, query_dim=config.dim, memory_dim=memory_dim)
        self.feature_dim = config.deep_output or input_dim
        self.dropout = Dropout(config.dropout)
        self.deep = Linear(config.dim + input_dim + memory_dim, self.feature_dim)

    def start(self, encoded: Encoded, initial: tuple[State, ...]) -> tuple[Memory, ConditionalGRUState]:
        memory = self.attention.remember(encoded.states_BSD, encoded.mask_BS, self._reads())
        return memory, ConditionalGRUState(initial[0][0], self.attention.first_position(memory))

    def advance(self, x_NE: Tensor, memory: Memory, state: ConditionalGRUState) -> Step:
        return self._step(self.first.project(x_NE), memory, state, self._reads())

    def unroll(self, x_BTE: Tensor, memory: Memory, state: ConditionalGRUState) -> Unrolled:
        reads, steps = self._reads(), list[Step]()
        for gates_B3H in split_steps(self.first.project(x_BTE)):
            steps.append(self._step(gates_B3H, memory, state, reads))
            state = steps[-1].state
        return stacked(steps)

    def readout(self, x: Tensor, output: Tensor, context: Tensor | None) -> Tensor:
        assert context is not None
        inputs = torch.cat([for_products(output), for_products(x)], -1)
        inner = linear(inputs, self.deep.weight[:, : inputs.size(-1)], self.deep.bias)
        return self.dropout(torch.tanh(inner + context))

    def _reads(self) -> Reads:
        """The weights of the context in the second GRU (3H, D) and in the deep output, W_t3 (F, D)."""
        return self.second.weight_ih, self.deep.weight[:, -self.second.weight_ih.size(1) :]

    def _step(self, gates_N3H: Tensor, memory: Memory, state: ConditionalGRUState, reads: Reads) -> Step:
        between = self.first.step(gates_N3H, (state.s_NH,))
        context_NP, weights_NS = self.attention.attend_rows(between[0], memory, state.position_N, reads)
        gates_N3H, product_NF = context_NP.split([3 * self.config.dim, self.feature_dim], -1)
        (new_NH,) = self.second.step(gates_N3H + self.second.input_bias, between)
        return Step(new_NH, product_NF, weights_NS, ConditionalGRUState(new_NH, next_position(state.position_N)))
