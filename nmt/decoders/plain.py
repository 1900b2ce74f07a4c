"""RNNenc: the decoder without attention.

B sentences, N hypotheses, T target positions, E embedding, H decoder, D memory.
"""

from __future__ import annotations

import torch
from pydantic import Field, PositiveInt
from torch import Tensor

from nmt.attention.attention import Memory
from nmt.decoders.decoder import Decoder, Step, Unrolled
from nmt.encoders.encoder import Encoded
from nmt.nn.cell_tape import State
from nmt.nn.dropout import Dropout
from nmt.nn.gru import ResetGate
from nmt.nn.maxout import Maxout
from nmt.nn.stack import CellType, make_stack

States = tuple[State, ...]


class Plain(Decoder, name="plain"):
    """h_t = f(h_{t-1}, y_{t-1}): all of the source is in h_0      Sutskever et al. 2014, eq. 1.

    every_step: h_t = f(h_{t-1}, y_{t-1}, c) with the encoder's last state c      Cho et al. 2014, section 2.2.
    """

    has_attention = False

    class Config(Decoder.Config):
        """Settings of the decoder without attention."""

        cell: CellType = "gru"
        """gru or lstm."""
        reset_gate: ResetGate = "after"
        """GRU only: `before` the recurrent product as in the papers, or `after` it as in PyTorch (faster)."""
        layers: int = Field(default=1, ge=1, le=100)
        """Number of layers."""
        dim: PositiveInt = 512
        """Width."""
        dropout: float = Field(default=0.0, ge=0, lt=1)
        """Dropout between layers and on the features that the vocabulary reads."""
        variational: bool = False
        """Between layers, one dropout mask a sentence instead of one a position."""
        residual: bool = False
        """Add the input of each layer from the second on to its output."""
        every_step: bool = False
        """Let every step see the encoder's last state, not only the first."""
        maxout: PositiveInt | None = None
        """Width of a maxout read-out of state, last word (and c); null: the vocabulary reads the state itself."""

    def __init__(self, config: Config, *, input_dim: int, memory_dim: int) -> None:
        super().__init__()
        self.config = config
        extra = memory_dim if config.every_step else 0
        self.stack = make_stack(
            config.cell,
            config.layers,
            input_dim + extra,
            config.dim,
            Dropout(config.dropout, config.variational),
            residual=config.residual,
            reset_gate=config.reset_gate,
        )
        self.shape = self.stack.shape
        self.reads_memory = config.every_step
        self.maxout = Maxout(config.dim + input_dim + extra, config.maxout) if config.maxout else None
        self.feature_dim = config.maxout or config.dim
        self.dropout = Dropout(config.dropout)

    def start(self, encoded: Encoded, initial: States) -> tuple[Memory, States]:
        summary_B1D = encoded.final[-1][0][:, None]
        return Memory(summary_B1D, encoded.mask_BS[:, :1], summary_B1D), initial

    def advance(self, x_NE: Tensor, memory: Memory, state: States) -> Step:
        context_ND = self._summary(memory, len(x_NE))
        inputs = x_NE if context_ND is None else torch.cat([x_NE, context_ND], -1)
        output_NH, state = self.stack.step(inputs, state)
        return Step(output_NH, None if self.maxout is None else context_ND, None, state)

    def unroll(self, x_BTE: Tensor, memory: Memory, state: States) -> Unrolled:
        context_BTD = summary_BD = None
        if self.config.every_step:
            summary_BD = memory.values_BSP[:, 0].to(x_BTE.dtype)
            context_BTD = summary_BD[:, None].expand(-1, x_BTE.size(1), -1)
        output_BTH, _ = self.stack.unroll(x_BTE, state, summary_BD)
        return Unrolled(output_BTH, None if self.maxout is None else context_BTD, None)

    def readout(self, x: Tensor, output: Tensor, context: Tensor | None) -> Tensor:
        features = output
        if self.maxout is not None:
            features = self.maxout([output, x] if context is None else [output, x, context])
        return self.dropout(features)

    def _summary(self, memory: Memory, rows: int) -> Tensor | None:
        if not self.config.every_step:
            return None
        return memory.values_BSP[:, 0].repeat_interleave(rows // len(memory.values_BSP), 0)
