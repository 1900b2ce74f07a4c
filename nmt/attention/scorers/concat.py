"""Luong et al. 2015, 3.1, concat. B sentences, M queries, S source positions, H query, D memory, A hidden width."""

from __future__ import annotations

from pydantic import PositiveInt
from torch import Tensor, nn

from nmt.attention.scorers.perceptron import Perceptron
from nmt.attention.scorers.scorer import Scorer
from nmt.errors import ConfigError
from nmt.nn.linear import Linear


class Concat(Perceptron, name="concat"):
    """score(h_t, h_s) = v_a^T tanh(W_a [h_t; h_s])      Luong et al. 2015, section 3.1.

    With W_a split into the query's block W and the source's block U it is v_a^T tanh(W s_{i-1} + U h_j), the alignment
    model of Bahdanau et al. 2014, A.1.2. `reduced` holds U at the identity, as in Luong's experiments (section 5.3).
    """

    class Config(Scorer.Config):
        """Settings of concat."""

        dim: PositiveInt = 512
        """Width of the hidden layer."""
        reduced: bool = False
        """Hold the block of W_a that multiplies h_s at the identity; `dim` must then be the width of h_s."""

    def __init__(self, config: Config, *, query_dim: int, memory_dim: int) -> None:
        if config.reduced and config.dim != memory_dim:
            raise ConfigError(
                f"model.decoder.attention.scorer.dim: reduced concat needs the width of the source states, "
                f"{memory_dim}, not {config.dim}"
            )
        super().__init__(query_dim=query_dim, dim=config.dim)
        self.key = nn.Identity() if config.reduced else Linear(memory_dim, config.dim, bias=False)

    def keys(self, values_BSD: Tensor) -> Tensor:
        return self.key(values_BSD)
