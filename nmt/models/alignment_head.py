"""A head for alignments alone, which may read the word that it aligns.

B sentences, S source, T target, R real target tokens, E embedding, D memory, F features, A head.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from nmt.config.component import Section
from nmt.encoders.encoder import Encoded
from nmt.nn.linear import Linear


class AlignmentHeadConfig(Section):
    """Alignments by a head of their own, which learns from the links of `train.guided_alignment`."""

    dim: PositiveInt = 256
    """Width A of queries and keys."""

    learn: Literal["joint", "detached", "alone"] = "joint"
    """What its loss changes: the whole model; the head, while translation is learned beside it as ever; or the head,
    with all other weights frozen as they come from `train.init_from`."""


class AlignmentHead(nn.Module):
    """a_ts = softmax_s(q_t . k_s / sqrt(A)),  q_t = W_q [f_t; E y_t] + b_q,  k_s = W_k [h_s; E x_s] + b_k.

    Attention predicts y_t and so cannot have read it. Here f_t are the features from which y_t is predicted (of state,
    last word and context, as the decoder has them) and y_t is that word itself; the keys see the source words beside
    what the encoder makes of them. So a head needs a translation that is there already.
    """

    def __init__(self, config: AlignmentHeadConfig, *, read_dim: int, key_dim: int) -> None:
        super().__init__()
        self._detached = config.learn != "joint"
        self._scale = 1 / math.sqrt(config.dim)
        self.query = Linear(read_dim, config.dim)
        self.key = Linear(key_dim, config.dim)

    def forward(
        self, read_RX: Tensor, encoded: Encoded, x_BSE: Tensor, real: tuple[Tensor, Tensor], steps: int
    ) -> Tensor:
        """weights_BTS of T `steps`, 0 at padded columns, from read_RX = [f; E y] at the places `real`; padded rows
        mean nothing."""
        key_BSX = torch.cat([encoded.states_BSD, x_BSE], -1)
        if self._detached:
            read_RX, key_BSX = read_RX.detach(), key_BSX.detach()
        query_RA, key_BSA = self.query(read_RX), self.key(key_BSX)
        query_BTA = query_RA.new_zeros(len(x_BSE), steps, query_RA.size(1))
        query_BTA = query_BTA.index_put(real, query_RA)
        scores_BTS = query_BTA @ key_BSA.transpose(1, 2) * self._scale
        scores_BTS = scores_BTS.masked_fill(~encoded.mask_BS[:, None], -math.inf)
        return scores_BTS.softmax(-1, dtype=torch.promote_types(scores_BTS.dtype, torch.float32))
