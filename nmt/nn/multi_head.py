"""Multi-head attention.

B sentences or hypotheses, M queries, S positions of the memory, D memory width, H query width, G heads, W = H / G.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nmt.nn.linear import Linear


class KeysValues(NamedTuple):
    """A memory as the heads see it: K W_i^K and V W_i^V for every head i."""

    keys_BGSW: Tensor
    values_BGSW: Tensor

    def first(self, positions: int) -> KeysValues:
        """Only the first positions."""
        return KeysValues(self.keys_BGSW[:, :, :positions], self.values_BGSW[:, :, :positions])

    def extended(self, more: KeysValues) -> KeysValues:
        """With the positions of `more` behind its own."""
        return KeysValues(*(torch.cat(parts, 2) for parts in zip(self, more, strict=True)))


class MultiHead(nn.Module):
    """MultiHead(x, m, m) = [head_1; ...; head_G] W^O  with  head_i = softmax(x W_i^Q (m W_i^K)^T / sqrt(W)) m W_i^V

    Vaswani et al. 2017, eq. 1 and section 3.2.2, without biases as there. The matrices of all heads are stacked.
    Dropout acts on the weights.
    """

    def __init__(self, dim: int, memory_dim: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.query = Linear(dim, dim, bias=False)
        self.key = Linear(memory_dim, dim, bias=False)
        self.value = Linear(memory_dim, dim, bias=False)
        self.output = Linear(dim, dim, bias=False)

    def remember(self, memory_BSD: Tensor) -> KeysValues:
        """Keys and values of every head."""
        return KeysValues(self._split(self.key(memory_BSD)), self._split(self.value(memory_BSD)))

    def forward(
        self, x_BMH: Tensor, memory: KeysValues, mask_BS: Tensor | None = None, *, causal: bool = False
    ) -> Tensor:
        """The heads put together, (B, M, H), from the real positions; causal: query m sees positions 0 to m."""
        heads_BGMW = F.scaled_dot_product_attention(
            self._split(self.query(x_BMH)),
            memory.keys_BGSW,
            memory.values_BGSW,
            attn_mask=None if mask_BS is None else mask_BS[:, None, None],
            dropout_p=self.dropout if self.training else 0.0,
            is_causal=causal,
        )
        return self._join(heads_BGMW)

    def with_weights(self, x_BMH: Tensor, memory: KeysValues, mask_BS: Tensor) -> tuple[Tensor, Tensor]:
        """As `forward`, and the mean of all heads' weights before dropout, weights_BMS, in float32 at least."""
        query_BGMW = self._split(self.query(x_BMH))
        scores_BGMS = query_BGMW @ memory.keys_BGSW.mT / query_BGMW.size(-1) ** 0.5
        precise = torch.promote_types(scores_BGMS.dtype, torch.float32)
        weights_BGMS = scores_BGMS.to(precise).masked_fill(~mask_BS[:, None, None], float("-inf")).softmax(-1)
        kept_BGMS = F.dropout(weights_BGMS, self.dropout, self.training).to(memory.values_BGSW.dtype)
        return self._join(kept_BGMS @ memory.values_BGSW), weights_BGMS.mean(1)

    def _split(self, x_BMH: Tensor) -> Tensor:
        return x_BMH.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def _join(self, heads_BGMW: Tensor) -> Tensor:
        return self.output(heads_BGMW.transpose(1, 2).flatten(2))
