"""GNMT: attention from the bottom layer, for all layers.

B sentences, N hypotheses, T target positions, S source positions, E embedding, H decoder, D memory.
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
from nmt.nn.linear import linear
from nmt.nn.lstm import LSTM
from nmt.nn.residual_lstms import ResidualLSTMs
from nmt.nn.stack import StackShape, split_steps


class GNMTState(NamedTuple):
    """States of all layers, the last context where the bottom layer reads it before a new one is made, and the number
    of the target word where the window of attention asks for it."""

    layers: tuple[State, ...]
    context_ND: Tensor | None
    position_N: Tensor | None


class GNMTDecoder(Decoder, name="gnmt"):
    """A stack of LSTMs that all see the context found from the bottom layer      Wu et al. 2016, section 3.

    With m^l_i the state of layer l and a_i the context of step i, wiring `gnmt`, the paper's eq. 4, where a_i is found
    from "the decoder-RNN output from the past decoding time step", that of the bottom layer:

        a_i = attention(m^1_{i-1});   m^1_i = LSTM_1([E y_{i-1}; a_i]);      x^1_i = m^1_i
        m^l_i = LSTM_l([x^{l-1}_i; a_i]);   x^2_i = m^2_i;   x^l_i = m^l_i + x^{l-1}_i for l > 2

    and wiring `gnmt_v2` of TensorFlow's NMT tutorial, where the upper layers see the attention of the current step:

        m^1_i = LSTM_1([E y_{i-1}; a_{i-1}]);   a_i = attention(m^1_i);   a_0 = 0;   upper layers as above

    m^1_0 is the bridge's. The tutorial's `gnmt` is the paper's but for a_1, which it sets to 0; then no weights would
    stand behind the first word. The vocabulary reads x^L_i (section 3).
    """

    class Config(Decoder.Config):
        """Settings of GNMT's decoder."""

        wiring: Literal["gnmt", "gnmt_v2"] = "gnmt"
        """Upper layers see the attention of the bottom layer's last state (`gnmt`, Wu et al.) or of its new one."""
        layers: int = Field(default=4, ge=2, le=100)
        """Number of layers; residual connections begin at the third."""
        dim: PositiveInt = 512
        """Width of each layer."""
        dropout: float = Field(default=0.0, ge=0, lt=1)
        """Dropout on the input of every layer but the first and on the output that the vocabulary reads."""
        variational: bool = False
        """Between layers, one dropout mask a sentence instead of one a position."""
        attention: AttentionConfig = AttentionConfig()
        """How the bottom layer finds its place in the source."""

    def __init__(self, config: Config, *, input_dim: int, memory_dim: int) -> None:
        super().__init__()
        self.config = config
        self.bottom = LSTM(input_dim + memory_dim, config.dim)
        dropout = Dropout(config.dropout, config.variational)
        self.upper = ResidualLSTMs(config.layers - 1, config.dim, config.dim, dropout, side_dim=memory_dim)
        self.shape = StackShape(config.layers, config.dim, LSTM.states)
        self.attention = Attention(config.attention, query_dim=config.dim, memory_dim=memory_dim)
        self.feature_dim = config.dim
        self.dropout = Dropout(config.dropout)

    def start(self, encoded: Encoded, initial: tuple[State, ...]) -> tuple[Memory, GNMTState]:
        values_BSD = encoded.states_BSD
        memory = self.attention.remember(values_BSD, encoded.mask_BS)
        context_BD = None
        if self.config.wiring == "gnmt_v2":
            context_BD = values_BSD.new_zeros(len(values_BSD), values_BSD.size(-1))
        return memory, GNMTState(initial, context_BD, self.attention.first_position(memory))

    def advance(self, x_NE: Tensor, memory: Memory, state: GNMTState) -> Step:
        context_ND, weights_NS, bottom = self._step_bottom(*self.bottom.project_first(x_NE), memory, state)
        below_N1H = bottom.layers[0][0][:, None]
        output_N1H, upper = self.upper.unroll(below_N1H, context_ND[:, None], state.layers[1:])
        return Step(output_N1H[:, 0], None, weights_NS, bottom._replace(layers=bottom.layers + upper))

    def unroll(self, x_BTE: Tensor, memory: Memory, state: GNMTState) -> Unrolled:
        below_BTH, context_BTD, weights_BTS = self._unroll_bottom(x_BTE, memory, state)
        output_BTH, _ = self.upper.unroll(below_BTH, context_BTD, state.layers[1:])
        return Unrolled(output_BTH, None, weights_BTS)

    def _unroll_bottom(self, x_BTE: Tensor, memory: Memory, state: GNMTState) -> tuple[Tensor, Tensor, Tensor]:
        """m^1, contexts and weights of all steps."""
        attention = self.attention.tape()
        if attention is not None and not self.attention.window.weighs and self.config.wiring == "gnmt":
            gates_TB4H, weight_context = self.bottom.project_first(x_BTE.transpose(0, 1))
            values_BSD, tapes = memory.values_BSP, LoopTapes(attention, self.bottom.tape())
            of_gates = memory._replace(values_BSP=linear(values_BSD, weight_context))
            _, below_BTH, weights_BTS = unroll_bahdanau(gates_TB4H, state.layers[0], of_gates, tapes)
            return below_BTH, weights_BTS.to(values_BSD.dtype) @ values_BSD, weights_BTS
        steps: list[tuple[Tensor, Tensor, Tensor]] = []
        bottom = state
        gates_BT4H, weight_context = self.bottom.project_first(x_BTE)
        for gates_B4H in split_steps(gates_BT4H):
            context_BD, weights_BS, bottom = self._step_bottom(gates_B4H, weight_context, memory, bottom)
            steps.append((bottom.layers[0][0], context_BD, weights_BS))
        return tuple(torch.stack(parts, 1) for parts in zip(*steps, strict=True))  # type: ignore[return-value]

    def readout(self, x: Tensor, output: Tensor, context: Tensor | None) -> Tensor:
        return self.dropout(output)

    def _step_bottom(
        self, gates_N4H: Tensor, weight_context: Tensor, memory: Memory, state: GNMTState
    ) -> tuple[Tensor, Tensor, GNMTState]:
        """The context and weights of this step, and a state that holds the bottom layer alone."""
        layer, position_N = state.layers[0], next_position(state.position_N)
        if state.context_ND is None:
            context_ND, weights_NS = self.attention.attend_rows(layer[0], memory, state.position_N)
            layer = self.bottom.step(gates_N4H + linear(context_ND, weight_context), layer)
            return context_ND, weights_NS, GNMTState((layer,), None, position_N)
        layer = self.bottom.step(gates_N4H + linear(state.context_ND, weight_context), layer)
        context_ND, weights_NS = self.attention.attend_rows(layer[0], memory, state.position_N)
        return context_ND, weights_NS, GNMTState((layer,), context_ND, position_N)
