"""RNNsearch: attention before the recurrence.

B sentences, N hypotheses, T target positions, S source positions, E embedding, H decoder, D memory, F maxout width,
P = 3H + 2F what gates and read-out take of a context.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from pydantic import Field, PositiveInt
from torch import Tensor

from nmt.attention.attention import Attention, AttentionConfig, Memory, Reads, next_position
from nmt.decoders.bahdanau_loop import unroll_bahdanau
from nmt.decoders.decoder import Decoder, Step, Unrolled, stacked
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
        self.config, self.memory_dim = config, memory_dim
        self.cell = GRU(input_dim + memory_dim, config.dim, config.reset_gate)
        self.shape = StackShape(1, config.dim, 1)
        self.attention = Attention(config.attention, query_dim=config.dim, memory_dim=memory_dim)
        self.maxout = Maxout(config.dim + input_dim + memory_dim, config.maxout)
        self.feature_dim = config.maxout
        self.dropout = Dropout(config.dropout)

    def start(self, encoded: Encoded, initial: tuple[State, ...]) -> tuple[Memory, BahdanauState]:
        memory = self.attention.remember(encoded.states_BSD, encoded.mask_BS, self._reads())
        return memory, BahdanauState(initial[0][0], self.attention.first_position(memory))

    def advance(self, x_NE: Tensor, memory: Memory, state: BahdanauState) -> Step:
        return self._step(self.cell.project_first(x_NE)[0], memory, state, self._reads())

    def unroll(self, x_BTE: Tensor, memory: Memory, state: BahdanauState) -> Unrolled:
        gates_TB3H, _ = self.cell.project_first(x_BTE.transpose(0, 1))
        attention = self.attention.tape()
        if attention is None or self.attention.window.weighs:
            return self._unroll_steps(gates_TB3H, memory, state)
        gates_BS3H, product_BSF2 = self._split(memory.values_BSP)
        of_gates, tapes = memory._replace(values_BSP=gates_BS3H), LoopTapes(attention, self.cell.tape())
        before_BTH, after_BTH, weights_BTS = unroll_bahdanau(gates_TB3H, (state.s_NH,), of_gates, tapes)
        read_BTH = after_BTH if self.config.readout_state == "current" else before_BTH
        return Unrolled(read_BTH, weights_BTS.to(product_BSF2.dtype) @ product_BSF2, weights_BTS)

    def readout(self, x: Tensor, output: Tensor, context: Tensor | None) -> Tensor:
        assert context is not None
        return self.dropout(self.maxout([output, x], context))

    def _unroll_steps(self, gates_TB3H: Tensor, memory: Memory, state: BahdanauState) -> Unrolled:
        """As `unroll`, where autograd takes every step."""
        reads, steps = self._reads(), list[Step]()
        for gates_B3H in gates_TB3H.unbind(0):
            steps.append(self._step(gates_B3H, memory, state, reads))
            state = steps[-1].state
        return stacked(steps)

    def _step(self, gates_N3H: Tensor, memory: Memory, state: BahdanauState, reads: Reads) -> Step:
        """One step from the embedding's share of the gates."""
        context_NP, weights_NS = self.attention.attend_rows(state.s_NH, memory, state.position_N, reads)
        context_N3H, product_NF2 = self._split(context_NP)
        (new_NH,) = self.cell.step(gates_N3H + context_N3H, (state.s_NH,))
        read_NH = new_NH if self.config.readout_state == "current" else state.s_NH
        return Step(read_NH, product_NF2, weights_NS, BahdanauState(new_NH, next_position(state.position_N)))

    def _reads(self) -> Reads:
        """The weights of the context in the gates, C (3H, D), and in the read-out, C_o (2F, D)."""
        gates_3HD = self.cell.weight_ih[:, -self.memory_dim :]
        return gates_3HD, self.maxout.linear.weight[:, -self.memory_dim :]

    def _split(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The shares (..., 3H) of the gates and (..., 2F) of the read-out in (..., P)."""
        gates, product = x.split([3 * self.config.dim, 2 * self.config.maxout], -1)
        return gates, product
