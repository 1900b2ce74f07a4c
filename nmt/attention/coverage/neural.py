"""Neural coverage. N hypotheses, B sentences, S source positions, H decoder state, D memory, C coverage, P = 3C."""

from __future__ import annotations

from pydantic import PositiveInt
from torch import Tensor

from nmt.attention.coverage.coverage import Coverage
from nmt.nn.gru import GRU
from nmt.nn.linear import linear


class Neural(Coverage, name="neural"):
    """C_{i,j} = GRU(C_{i-1,j}, [alpha_{i,j}; h_j; s_{i-1}])      Tu et al. 2016, section 3.1, with gating.

    s_{i-1} is the paper's t_{i-1}. The reset gate acts before the product, as everywhere in their model.
    """

    class Config(Coverage.Config):
        """Settings of neural coverage."""

        dim: PositiveInt = 10
        """Width of a coverage vector."""

    def __init__(self, config: Config, *, query_dim: int, memory_dim: int) -> None:
        super().__init__()
        self.dim, self.widths = config.dim, [1, memory_dim, query_dim]
        self.cell = GRU(sum(self.widths), config.dim, "before")

    def features(self, values_BSD: Tensor) -> Tensor:
        weight = self.cell.weight_ih.split(self.widths, 1)[1]
        return linear(values_BSD, weight, self.cell.bias_ih)

    def forward(self, coverage_NSC: Tensor, weights_NS: Tensor, features_NSP: Tensor, state_NH: Tensor) -> Tensor:
        weight_alpha, _, weight_state = self.cell.weight_ih.split(self.widths, 1)
        gates_NSP = features_NSP + linear(state_NH, weight_state)[:, None] + weights_NS[..., None] * weight_alpha[:, 0]
        return self.cell.step(gates_NSP, (coverage_NSC,))[0]
