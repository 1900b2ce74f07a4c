"""Attention: scorer -> mask -> softmax -> context. The same code serves training over time and search over the beam.

B sentences, M queries per sentence, N = B * M, S source positions, H query width, D memory width, A key width.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import torch
from torch import Tensor, nn

from nmt.attention.scorers.concat import Concat
from nmt.attention.scorers.scorer import Scorer
from nmt.attention.tapes.tape import MakeAttentionTape
from nmt.config.component import OneOf, Section


class Memory(NamedTuple):
    """What a decoder reads of the source: per sentence, built once, never tiled over the beam, never reordered."""

    values_BSD: Tensor
    mask_BS: Tensor
    keys_BSA: Tensor


class AttentionConfig(Section):
    """How the decoder's query finds its place in the source."""

    scorer: Annotated[Scorer.Config, OneOf(Scorer)] = Concat.Config()
    """The score function."""


class Attention(nn.Module):
    """a_t = softmax over the source of score(h_t, h_s);  c_t = sum_s a_t(s) h_s.

    Bahdanau et al. 2014, eq. 5 and 6; Luong et al. 2015, eq. 7. Masked positions weigh exactly 0.
    """

    def __init__(self, config: AttentionConfig, *, query_dim: int, memory_dim: int) -> None:
        super().__init__()
        self.scorer: Scorer = config.scorer.build(query_dim=query_dim, memory_dim=memory_dim)

    def remember(self, values_BSD: Tensor, mask_BS: Tensor) -> Memory:
        """The memory of the encoder's states, with the keys that the scorer needs."""
        return Memory(values_BSD, mask_BS, self.scorer.keys(values_BSD))

    def forward(self, query_BMH: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """context_BMD and weights_BMS."""
        scores_BMS = self.scorer(query_BMH, memory.keys_BSA)
        weights_BMS = normalise(scores_BMS, memory.mask_BS)
        return weights_BMS.to(memory.values_BSD.dtype) @ memory.values_BSD, weights_BMS

    def attend_rows(self, query_NH: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """context_ND and weights_NS for queries whose dim 0 holds M rows of each sentence, sentence by sentence."""
        query_BMH = query_NH.unflatten(0, (len(memory.values_BSD), -1))
        context_BMD, weights_BMS = self(query_BMH, memory)
        return context_BMD.flatten(0, 1), weights_BMS.flatten(0, 1)

    def tape(self) -> tuple[MakeAttentionTape, tuple[Tensor, ...]] | None:
        """Attention inside a recurrence by hand: its class and its parameters; None: autograd takes every step."""
        return self.scorer.tape()


def normalise(scores_BMS: Tensor, mask_BS: Tensor) -> Tensor:
    """softmax over the real source positions, in float32 at least."""
    precise = torch.promote_types(scores_BMS.dtype, torch.float32)
    return torch.softmax(scores_BMS.to(precise).masked_fill(~mask_BS[:, None], float("-inf")), -1)
