"""The Transformer's encoder. B sentences, S source positions, E embedding, D width."""

from __future__ import annotations

from torch import Tensor, nn

from nmt.encoders.encoder import Encoded, Encoder, EncoderShape
from nmt.nn.feed_forward import FeedForward
from nmt.nn.masks import length_mask, mean_over
from nmt.nn.multi_head import MultiHead
from nmt.nn.positions import Positioned
from nmt.nn.residual import Residual, last_norm
from nmt.nn.transformer_options import TransformerOptions


class EncoderLayer(nn.Module):
    """Self-attention, then a feed-forward network      Vaswani et al. 2017, section 3.1."""

    def __init__(self, options: TransformerOptions) -> None:
        super().__init__()
        dim = options.dim
        self.attention = MultiHead(dim, dim, options.heads, options.attention_dropout)
        self.attention_residual = Residual(dim, options.dropout, options.norm)
        self.feed_forward = FeedForward(dim, options.ff_dim, options.relu_dropout)
        self.feed_forward_residual = Residual(dim, options.dropout, options.norm)

    def forward(self, x_BSD: Tensor, mask_BS: Tensor) -> Tensor:
        inner_BSD = self.attention_residual.before(x_BSD)
        heard_BSD = self.attention(inner_BSD, self.attention.remember(inner_BSD), mask_BS)
        x_BSD = self.attention_residual.after(x_BSD, heard_BSD)
        inner_BSD = self.feed_forward_residual.before(x_BSD)
        return self.feed_forward_residual.after(x_BSD, self.feed_forward(inner_BSD))


class TransformerEncoder(Encoder, name="transformer"):
    """Layers of self-attention over embeddings with sinusoidal positions      Vaswani et al. 2017, section 3.

    It has no last state: `final` is the mean of the top layer's states, as of one GRU layer in one direction.
    """

    class Config(TransformerOptions, Encoder.Config):
        """Settings of the Transformer's encoder."""

    def __init__(self, config: Config, *, input_dim: int) -> None:
        super().__init__()
        self.positioned = Positioned(input_dim, config.dim, config.dropout)
        self.layers = nn.ModuleList(EncoderLayer(config) for _ in range(config.layers))
        self.norm = last_norm(config.dim, config.norm)
        self.shape = EncoderShape(config.dim, layers=1, states=1, directions=1)

    def forward(self, x_BSE: Tensor, len_B: Tensor) -> Encoded:
        mask_BS = length_mask(len_B, x_BSE.size(1))
        x_BSD = self.positioned(x_BSE)
        for layer in self.layers:
            x_BSD = layer(x_BSD, mask_BS)
        states_BSD = self.norm(x_BSD)
        return Encoded(states_BSD, mask_BS, ((mean_over(states_BSD, mask_BS),),))
