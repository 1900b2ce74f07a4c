"""The `model` section of a config."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

import nmt.bridges
import nmt.decoders
import nmt.encoders  # noqa: F401  (registers the members of all three families)
from nmt.attention.attention import AttentionConfig
from nmt.bridges.bridge import Bridge
from nmt.bridges.dense import Dense
from nmt.config.component import OneOf, Section
from nmt.decoders.bahdanau import Bahdanau
from nmt.decoders.decoder import Decoder
from nmt.encoders.encoder import Encoder
from nmt.encoders.rnn import RNNEncoder
from nmt.models.alignment_head import AlignmentHeadConfig
from nmt.models.lexical_readout import LexicalReadoutConfig
from nmt.nn.init import Init, XavierInit


class EmbeddingConfig(Section):
    """Word embeddings of both sides."""

    dim: PositiveInt = 256
    """Width of an embedding."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Dropout on the embeddings."""
    variational: bool = False
    """One dropout mask a sentence instead of one a position (Gal and Ghahramani 2016)."""
    tie: Literal["none", "output", "all"] = "none"
    """Shared matrices: `output` = target embedding and vocabulary; `all` = source embedding too (data.vocab.shared)."""


class ModelConfig(Section):
    """What is trained. Widths that follow from others are not written here."""

    embedding: EmbeddingConfig = EmbeddingConfig()
    """Word embeddings."""
    init: Annotated[Init.Config, OneOf(Init)] = XavierInit.Config()
    """Initial weights."""
    encoder: Annotated[Encoder.Config, OneOf(Encoder)] = RNNEncoder.Config()
    """Source embeddings to states."""
    bridge: Annotated[Bridge.Config, OneOf(Bridge)] = Dense.Config()
    """The encoder's last states to the decoder's first."""
    decoder: Annotated[Decoder.Config, OneOf(Decoder)] = Bahdanau.Config()
    """States to target words, with or without attention."""
    lexical_readout: LexicalReadoutConfig | None = None
    """The attended source words help to choose the target word. null: they do not."""
    alignment_head: AlignmentHeadConfig | None = None
    """Alignments by a head of their own, in place of the attention's. null: none."""

    def longest_source(self) -> int | None:
        """Most source positions, EOS counted, that are not refused; None: any number."""
        attention = getattr(self.decoder, "attention", None)
        return attention.longest_source() if isinstance(attention, AttentionConfig) else None
