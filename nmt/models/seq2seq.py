"""Sequence to sequence: embeddings, encoder, bridge, decoder, vocabulary.

B sentences, K beam, N = B * K hypotheses, S source, T target, R real target tokens, E embedding, F features, P what the
read-out takes of a context, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from nmt.bridges.bridge import Bridge
from nmt.bridges.zero import Zero
from nmt.data.batch import Batch
from nmt.decoders.decoder import Decoder, Unrolled
from nmt.encoders.encoder import Encoder
from nmt.errors import ConfigError
from nmt.models.alignment_head import AlignmentHead
from nmt.models.config import ModelConfig
from nmt.models.guidance import GuidedAlignment, guidance_loss
from nmt.models.lexical_readout import LexicalReadout
from nmt.models.loss import CHUNK, Loss, Targets, vocabulary_loss
from nmt.models.token_logprob import token_logprob
from nmt.nn.cut import cut
from nmt.nn.dropout import Dropout
from nmt.nn.embedding import Embedding
from nmt.nn.filling import fills, left_unfilled
from nmt.nn.linear import Linear, linear
from nmt.nn.masks import take_places
from nmt.nn.softmax import log_probabilities


class Forced(NamedTuple):
    """logprob_BT of the given target words (0 at padding) and weights_BTS: those of the alignment head, or else of
    attention; None without either."""

    logprob_BT: Tensor
    weights_BTS: Tensor | None


Projection = Callable[[Tensor], Tensor]
"""(..., O) from (..., I)."""

MakeProjection = Callable[[Tensor, Tensor], Projection]
"""From a weight (O, I) and a bias (O)."""


class LexicalMemory(NamedTuple):
    """The decoder's memory, and the source embeddings for the lexical read-out."""

    decoder: Any
    src_BSE: Tensor


class Seq2Seq(nn.Module):
    """p(y | x) = prod_t softmax(W_o f_t + b_o), f_t being the decoder's features and those of the lexical read-out."""

    def __init__(self, config: ModelConfig, *, src_vocab: int, tgt_vocab: int) -> None:
        """Errors: ConfigError, beginning with the key, where sizes contradict each other."""
        super().__init__()
        width = config.embedding.dim
        self.src_embedding = Embedding(src_vocab, width)
        self.tgt_embedding = Embedding(tgt_vocab, width)
        self.embedding_dropout = Dropout(config.embedding.dropout, config.embedding.variational)
        self.encoder: Encoder = config.encoder.build(input_dim=width)
        self.decoder: Decoder = config.decoder.build(input_dim=width, memory_dim=self.encoder.shape.dim)
        self.bridge: Bridge = config.bridge.build(encoder=self.encoder.shape, decoder=self.decoder.shape)
        if isinstance(self.bridge, Zero) and not self.decoder.reads_memory:
            raise ConfigError("model.bridge: zero leaves this decoder without the source; use dense or copy")
        self.lexical_readout = self._make_lexical_readout(config)
        self.projection = Linear(self.decoder.feature_dim + width * (self.lexical_readout is not None), tgt_vocab)
        self._tie(config.embedding.tie)
        self.alignment_head = self._make_head(config)
        self.longest_source = config.longest_source()
        if fills():
            config.init.build().fill(self)

    @classmethod
    def unfilled(cls, config: ModelConfig, *, src_vocab: int, tgt_vocab: int) -> Seq2Seq:
        """A model for weights that are read: its own may be whatever was in memory."""
        with left_unfilled():
            return cls(config, src_vocab=src_vocab, tgt_vocab=tgt_vocab)

    def _tie(self, tie: str) -> None:
        if tie == "none":
            return
        if self.lexical_readout is not None:
            raise ConfigError(f"model.embedding.tie: {tie} cannot go with model.lexical_readout; use none")
        features, width = self.decoder.feature_dim, self.tgt_embedding.embedding_dim
        if features != width:
            raise ConfigError(
                f"model.embedding.tie: {tie} needs decoder features as wide as an embedding, not {features} and {width}"
            )
        self.projection.weight = self.tgt_embedding.weight
        if tie == "all":
            if self.src_embedding.num_embeddings != self.tgt_embedding.num_embeddings:
                raise ConfigError("model.embedding.tie: all needs one vocabulary, data.vocab.shared: true")
            self.src_embedding.weight = self.tgt_embedding.weight

    def _make_lexical_readout(self, config: ModelConfig) -> LexicalReadout | None:
        if config.lexical_readout is None:
            return None
        if not self.has_attention:
            raise ConfigError("model.lexical_readout: needs a decoder with attention; leave it out")
        return LexicalReadout(config.lexical_readout, width=config.embedding.dim)

    def _make_head(self, config: ModelConfig) -> AlignmentHead | None:
        """The alignment head; all other weights are frozen if it learns alone."""
        if config.alignment_head is None:
            return None
        if config.alignment_head.learn == "alone":
            self.requires_grad_(False)
        width, shape = config.embedding.dim, self.encoder.shape
        read_dim = self.projection.in_features + width
        return AlignmentHead(config.alignment_head, read_dim=read_dim, key_dim=shape.dim + width)

    @property
    def has_alignment_head(self) -> bool:
        """Whether the weights of forced pairs are those of an alignment head."""
        return self.alignment_head is not None

    @property
    def has_attention(self) -> bool:
        """Whether steps and forced pairs come with attention weights."""
        return self.decoder.has_attention

    def of_source(self) -> set[nn.Parameter]:
        """The parameters before the first `cut`: those of the source alone, whose gradients are there last."""
        return {*self.src_embedding.parameters(), *self.encoder.parameters()}

    def start(self, src_BS: Tensor, src_len_B: Tensor) -> tuple[Any, Any]:
        """Encodes the sources: the decoder's memory and first state, dim 0 = B."""
        src_BSE = self._embed(src_BS)
        encoded = self.encoder(src_BSE, src_len_B)
        memory, state = self.decoder.start(encoded, self.bridge(encoded))
        return (memory if self.lexical_readout is None else LexicalMemory(memory, src_BSE)), state

    def _embed(self, src_BS: Tensor) -> Tensor:
        return self.embedding_dropout(self.src_embedding(src_BS))

    @torch.no_grad()
    def narrow(self, words_U: Tensor, make: MakeProjection | None = None) -> Projection:
        """The part of the vocabulary that `step` may be limited to: logits (..., U) from features. `make` makes it of
        its weight and bias; else it is a plain product."""
        weight_UF, bias_U = self.projection.weight[words_U], self.projection.bias[words_U]
        return partial(linear, weight_OI=weight_UF, bias_O=bias_U) if make is None else make(weight_UF, bias_U)

    def step(
        self, y_N: Tensor, memory: Any, state: Any, narrow: Projection | None = None, penalty_BU: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None, Any]:
        """One step of search: logits_NV, weights_NS and the new state. With `narrow` the logits are those of its U
        words plus a penalty, which is -inf where a sentence may not use a word."""
        x_NE = self.tgt_embedding(y_N)
        inner = memory if self.lexical_readout is None else memory.decoder
        step = self.decoder.advance(x_NE, inner, state)
        features_NF = self.decoder.readout(x_NE, step.output_NH, step.context_NP)
        if self.lexical_readout is not None:
            assert step.weights_NS is not None
            weights_BMS = step.weights_NS.unflatten(0, (len(memory.src_BSE), -1))
            lexical_BME = self.lexical_readout(weights_BMS, memory.src_BSE)
            features_NF = torch.cat([features_NF, lexical_BME.flatten(0, 1)], -1)
        logits_NV = (self.projection if narrow is None else narrow)(features_NF)
        if penalty_BU is not None:
            logits_NV.unflatten(0, (len(penalty_BU), -1)).add_(penalty_BU[:, None])
        return logits_NV, step.weights_NS, step.state

    def loss(
        self,
        batch: Batch,
        label_smoothing: float = 0.0,
        agreement: float = 0.0,
        guided: GuidedAlignment | None = None,
    ) -> Loss:
        """Cross-entropy of the batch, summed over its real target tokens; see `vocabulary_loss`. With `guided` its
        weighted loss is added where the batch has a guide."""
        features_RF, unrolled = self._features(batch)
        targets = Targets(batch.tgt_out_BT[batch.real_targets], batch.counts_R)
        weight_VF, bias_V = self.projection.weight, self.projection.bias
        loss = vocabulary_loss(features_RF, weight_VF, bias_V, targets, label_smoothing, agreement)
        if guided is None or batch.guide_BTS is None or unrolled.weights_BTS is None:
            return loss
        guidance = guidance_loss(unrolled.weights_BTS, batch.guide_BTS, guided.loss)
        return loss._replace(total=loss.total + guided.weight * guidance)

    def logprob(self, batch: Batch) -> Tensor:
        """log p(y | x) of each target sentence with its EOS (B)."""
        logprob_R = self._logprob_of_targets(self._features(batch)[0], batch)
        return logprob_R.new_zeros(len(batch.src_BS)).index_add(0, batch.real_targets[0], logprob_R)

    @torch.no_grad()
    def predict(self, batch: Batch, sample: bool, never: Sequence[int] = ()) -> Tensor:
        """At each of the R real target positions the most probable word after the reference, or one drawn at random,
        but none of the ids in `never`."""
        features_RF, _ = self._features(batch)
        words_V = torch.ones(self.projection.out_features, dtype=torch.bool, device=features_RF.device)
        words_V[list(never)] = False
        parts = features_RF.split(CHUNK)
        chunks = (self.projection(part_CF).masked_fill(~words_V, float("-inf")) for part_CF in parts)
        if sample:
            return torch.cat([log_probabilities(part_CV).exp().multinomial(1)[:, 0] for part_CV in chunks])
        return torch.cat([part_CV.argmax(-1) for part_CV in chunks])

    def force(self, batch: Batch) -> Forced:
        """Log-probabilities and attention of given target sentences, without search."""
        features_RF, unrolled = self._features(batch)
        logprob_R = self._logprob_of_targets(features_RF, batch)
        logprob_BT = logprob_R.new_zeros(batch.tgt_out_BT.shape)
        logprob_BT[batch.real_targets] = logprob_R
        return Forced(logprob_BT, unrolled.weights_BTS)

    def _logprob_of_targets(self, features_RF: Tensor, batch: Batch) -> Tensor:
        """log p of each real target token (R)."""
        target_R = batch.tgt_out_BT[batch.real_targets]
        return token_logprob(features_RF, self.projection.weight, self.projection.bias, target_R)

    def _features(self, batch: Batch) -> tuple[Tensor, Unrolled]:
        """features_RF of the real target tokens; the weights are the alignment head's where there is one."""
        src_BSE = self._embed(batch.src_BS)
        src_BSE, encoded = cut((src_BSE, self.encoder(src_BSE, batch.src_len_B)))
        memory, state = self.decoder.start(encoded, self.bridge(encoded))
        x_BTE = self.embedding_dropout(self.tgt_embedding(batch.tgt_in_BT))
        x_BTE, unrolled = cut((x_BTE, self.decoder.unroll(x_BTE, memory, state)))
        real = batch.real_targets
        context_RP = None if unrolled.context_BTP is None else take_places(unrolled.context_BTP, real)
        features_RF = self.decoder.readout(take_places(x_BTE, real), take_places(unrolled.output_BTH, real), context_RP)
        if self.lexical_readout is not None:
            assert unrolled.weights_BTS is not None
            lexical_BTE = self.lexical_readout(unrolled.weights_BTS, src_BSE)
            features_RF = torch.cat([features_RF, take_places(lexical_BTE, real)], -1)
        if self.alignment_head is not None:
            y_RE = self.tgt_embedding(batch.tgt_out_BT[real])
            read_RX, steps = torch.cat([features_RF, y_RE], -1), batch.tgt_out_BT.size(1)
            weights_BTS = self.alignment_head(read_RX, encoded, src_BSE, real, steps)
            unrolled = unrolled._replace(weights_BTS=weights_BTS)
        return features_RF, unrolled
