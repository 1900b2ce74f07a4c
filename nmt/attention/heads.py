"""Several heads: each attends with its own projections of query, keys and values.

B sentences, G heads, M queries per sentence, S source positions, H query width, D memory width, d = D / G.
"""

from __future__ import annotations

from torch import Tensor, nn

from nmt.errors import ConfigError
from nmt.nn.linear import Linear


class Heads(nn.Module):
    """MultiHead = concat(head_1 .. head_G) W^O,  head_g = Attention(q W_g^Q, h W_g^K, h W_g^V)

    Vaswani et al. 2017, section 3.2.2. To scorer, window and normaliser, whose weights the heads share, each is a
    sentence of its own. In the memory heads are dim 1, so that a sentence stays one row.
    """

    def __init__(self, heads: int, *, query_dim: int, memory_dim: int) -> None:
        """Errors: ConfigError if the heads do not divide the width of the memory."""
        super().__init__()
        if memory_dim % heads:
            raise ConfigError(
                f"model.decoder.attention.heads: encoder states of width {memory_dim} cannot be shared by {heads} heads"
            )
        self.count, self.width = heads, memory_dim // heads
        self.query = Linear(query_dim, memory_dim, bias=False)
        self.key = Linear(memory_dim, memory_dim, bias=False)
        self.value = Linear(memory_dim, memory_dim, bias=False)
        self.output = Linear(memory_dim, memory_dim, bias=False)

    def split_memory(self, states_BSD: Tensor) -> tuple[Tensor, Tensor]:
        """Values and keys of each head, (B, G, S, d)."""
        return self._split(self.value(states_BSD)), self._split(self.key(states_BSD))

    def split_query(self, query_BMH: Tensor) -> Tensor:
        """The query of each head, (B * G, M, d)."""
        return self._split(self.query(query_BMH)).flatten(0, 1)

    def fold_memory(self, values: Tensor, mask_BS: Tensor, keys: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The parts of a memory with heads as sentences, dim 0 = B * G."""
        return values.flatten(0, 1), self.repeat(mask_BS), keys.flatten(0, 1)

    def repeat(self, x: Tensor) -> Tensor:
        """Each row of dim 0 once for every head, (B * G, ...)."""
        return x.repeat_interleave(self.count, 0)

    def unfold(self, x: Tensor) -> Tensor:
        """(B * G, ...) as (B, G, ...)."""
        return x.unflatten(0, (-1, self.count))

    def merge(self, context: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        """context_BMD through W^O, and the mean of the heads' weights, (B, M, S); from dim 0 = B * G."""
        return self.output(self.unfold(context).transpose(1, 2).flatten(2)), self.unfold(weights).mean(1)

    def _split(self, x_BMD: Tensor) -> Tensor:
        return x_BMD.unflatten(-1, (self.count, self.width)).transpose(1, 2).contiguous()
