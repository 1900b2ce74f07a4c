"""The Transformer's decoder: no recurrence; one code path for a whole sentence and for one more word.

B sentences, N hypotheses, T target positions, S source positions, E embedding, H decoder, D memory.
"""

from __future__ import annotations

from typing import NamedTuple

from pydantic import PositiveInt, model_validator
from torch import Tensor, nn

from nmt.decoders.decoder import Decoder, Step, Unrolled
from nmt.encoders.encoder import Encoded
from nmt.nn.cell_tape import State
from nmt.nn.feed_forward import FeedForward
from nmt.nn.multi_head import KeysValues, MultiHead
from nmt.nn.positions import Positioned
from nmt.nn.residual import Residual, last_norm
from nmt.nn.stack import StackShape
from nmt.nn.transformer_options import TransformerOptions


class TransformerMemory(NamedTuple):
    """The source as the cross-attention of each layer sees it."""

    mask_BS: Tensor
    layers: tuple[KeysValues, ...]


Past = tuple[KeysValues, ...]
"""The state: for each layer keys and values of the target positions so far; dim 0 = N, dim 2 = positions."""


class DecoderLayer(nn.Module):
    """Self-attention to earlier words, attention to the source, feed-forward      Vaswani et al. 2017, section 3.1."""

    def __init__(self, options: TransformerOptions, memory_dim: int) -> None:
        super().__init__()
        dim = options.dim
        self.self_attention = MultiHead(dim, dim, options.heads, options.attention_dropout)
        self.self_residual = Residual(dim, options.dropout, options.norm)
        self.cross_attention = MultiHead(dim, memory_dim, options.heads, options.attention_dropout)
        self.cross_residual = Residual(dim, options.dropout, options.norm)
        self.feed_forward = FeedForward(dim, options.ff_dim, options.relu_dropout)
        self.feed_forward_residual = Residual(dim, options.dropout, options.norm)

    def read_target(self, x_NTH: Tensor, past: KeysValues) -> tuple[Tensor, KeysValues]:
        """x_NTH after self-attention, and the past with these positions: all from an empty past, or one more."""
        inner_NTH = self.self_residual.before(x_NTH)
        past = past.extended(self.self_attention.remember(inner_NTH))
        heard_NTH = self.self_attention(inner_NTH, past, causal=x_NTH.size(1) > 1)
        return self.self_residual.after(x_NTH, heard_NTH), past

    def read_source(self, x_NTH: Tensor, memory: KeysValues, mask_BS: Tensor) -> tuple[Tensor, Tensor]:
        """x_NTH after cross-attention, and weights_NTS: the mean over heads.

        The N * T / B rows of a sentence are queries to the one memory of that sentence.
        """
        query_BMH = self.cross_residual.before(x_NTH).reshape(len(mask_BS), -1, x_NTH.size(-1))
        heard_BMH, weights_BMS = self.cross_attention.with_weights(query_BMH, memory, mask_BS)
        x_NTH = self.cross_residual.after(x_NTH, heard_BMH.reshape(x_NTH.shape))
        return x_NTH, weights_BMS.reshape(*x_NTH.shape[:2], -1)

    def transform(self, x_NTH: Tensor) -> Tensor:
        """x_NTH after the feed-forward network."""
        change_NTH = self.feed_forward(self.feed_forward_residual.before(x_NTH))
        return self.feed_forward_residual.after(x_NTH, change_NTH)


class Transformer(Decoder, name="transformer"):
    """Layers of self-attention, attention to the source and feed-forward      Vaswani et al. 2017, section 3.

    Alignments are the mean over the heads of one layer's attention to the source. It has no recurrent state: bridges
    find 0 layers to fill.
    """

    class Config(TransformerOptions, Decoder.Config):
        """Settings of the Transformer's decoder."""

        alignment_layer: PositiveInt | None = None
        """Layer whose attention is the alignment, 1 being the lowest; null: the highest. Garg et al. 2019 found the
        last but one to be best."""

        @model_validator(mode="after")
        def _alignment_layer_is_there(self) -> Transformer.Config:
            if self.alignment_layer is not None and self.alignment_layer > self.layers:
                raise ValueError(f"alignment_layer {self.alignment_layer} is above the top layer, {self.layers}")
            return self

    def __init__(self, config: Config, *, input_dim: int, memory_dim: int) -> None:
        super().__init__()
        self.positioned = Positioned(input_dim, config.dim, config.dropout)
        self.layers = nn.ModuleList(DecoderLayer(config, memory_dim) for _ in range(config.layers))
        self.norm = last_norm(config.dim, config.norm)
        self.alignment_layer = (config.alignment_layer or config.layers) - 1
        self.shape = StackShape(layers=0, dim=config.dim, states=1)
        self.feature_dim = config.dim

    def start(self, encoded: Encoded, initial: tuple[State, ...]) -> tuple[TransformerMemory, Past]:
        layers = tuple(layer.cross_attention.remember(encoded.states_BSD) for layer in self._layers())
        return TransformerMemory(encoded.mask_BS, layers), tuple(layer.first(0) for layer in layers)

    def advance(self, x_NE: Tensor, memory: TransformerMemory, state: Past) -> Step:
        output_N1H, weights_N1S, state = self._extend(x_NE[:, None], memory, state)
        return Step(output_N1H[:, 0], None, weights_N1S[:, 0], state)

    def unroll(self, x_BTE: Tensor, memory: TransformerMemory, state: Past) -> Unrolled:
        output_BTH, weights_BTS, _ = self._extend(x_BTE, memory, state)
        return Unrolled(output_BTH, None, weights_BTS)

    def readout(self, x: Tensor, output: Tensor, context: Tensor | None) -> Tensor:
        return output

    def _extend(self, x_NTE: Tensor, memory: TransformerMemory, state: Past) -> tuple[Tensor, Tensor, Past]:
        """output_NTH, weights_NTS and the new state."""
        x_NTH = self.positioned(x_NTE, first=state[0].keys_BGSW.size(2))
        new: list[KeysValues] = []
        weights_NTS: list[Tensor] = []
        for layer, past, source in zip(self._layers(), state, memory.layers, strict=True):
            x_NTH, extended = layer.read_target(x_NTH, past)
            x_NTH, heard_NTS = layer.read_source(x_NTH, source, memory.mask_BS)
            x_NTH = layer.transform(x_NTH)
            new.append(extended)
            weights_NTS.append(heard_NTS)
        return self.norm(x_NTH), weights_NTS[self.alignment_layer], tuple(new)

    def _layers(self) -> list[DecoderLayer]:
        return list(self.layers)  # type: ignore[arg-type]
