"""The options that a Transformer's encoder and decoder have in common."""

from __future__ import annotations

from pydantic import Field, PositiveInt, model_validator

from nmt.config.component import Section
from nmt.nn.residual import NormPlace


class TransformerOptions(Section):
    """A stack of Transformer layers; the sizes are by default those of the base model, Vaswani et al. 2017, table 3."""

    layers: int = Field(default=6, ge=1, le=100)
    """Number of layers."""
    dim: PositiveInt = 512
    """Width of the model. Embeddings of another width are projected to it."""
    heads: PositiveInt = 8
    """Number of attention heads; has to divide `dim`."""
    ff_dim: PositiveInt = 2048
    """Width of the feed-forward network's hidden layer."""
    norm: NormPlace = "pre"
    """LayerNorm before each sublayer (`pre`: trains without a long warm-up) or after its sum (`post`: as published)."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Dropout on what each sublayer adds, and on the sum of embedding and position."""
    attention_dropout: float = Field(default=0.0, ge=0, lt=1)
    """Dropout on the attention weights."""
    relu_dropout: float = Field(default=0.0, ge=0, lt=1)
    """Dropout on the feed-forward network's hidden layer."""

    @model_validator(mode="after")
    def _heads_fit(self) -> TransformerOptions:
        if self.dim % self.heads:
            raise ValueError(f"dim {self.dim} is no multiple of heads {self.heads}")
        return self
