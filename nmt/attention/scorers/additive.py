"""The perceptron with a bias. B sentences, M queries, S source positions, H query, D memory, A hidden width."""

from __future__ import annotations

from pydantic import PositiveInt
from torch import Tensor

from nmt.attention.scorers.perceptron import Perceptron
from nmt.attention.scorers.scorer import Scorer
from nmt.nn.linear import Linear


class Additive(Perceptron, name="additive"):
    """score(h_t, h_s) = v^T tanh(W h_t + U h_s + b): concat with a bias in its hidden layer.

    Bahdanau et al. 2014, A.1.2, whose formulas leave biases out. A bias beside v^T would move all scores alike and
    change no weight.
    """

    class Config(Scorer.Config):
        """Settings of additive."""

        dim: PositiveInt = 512
        """Width of the hidden layer."""

    def __init__(self, config: Config, *, query_dim: int, memory_dim: int) -> None:
        super().__init__(query_dim=query_dim, dim=config.dim)
        self.key = Linear(memory_dim, config.dim)

    def keys(self, values_BSD: Tensor) -> Tensor:
        return self.key(values_BSD)
