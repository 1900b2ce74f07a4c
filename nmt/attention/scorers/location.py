"""Luong et al. 2015, 3.1, location. B sentences, M queries, S source positions, P positions that have a score."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import PositiveInt
from torch import Tensor
from torch.nn import functional as F

from nmt.attention.scorers.scorer import Scorer
from nmt.attention.tapes.location import LocationTape
from nmt.attention.tapes.tape import MakeAttentionTape
from nmt.errors import DataError
from nmt.nn.linear import Linear


class Location(Scorer, name="location"):
    """score(h_t, s) = (W_a h_t)_s, so that a_t = softmax(W_a h_t)      Luong et al. 2015, eq. 8.

    Row s of W_a belongs to the s-th position from the start of the source, whatever stands there. A shorter source uses
    the first rows, and of a longer one the paper ignores what is near its end (footnote to eq. 8). What is ignored has
    the lowest score there is, so a window that holds nothing else still has weights.
    """

    reads_source = False

    class Config(Scorer.Config):
        """Settings of location."""

        max_positions: PositiveInt = 128
        """Source positions that have a score, EOS counted."""
        longer: Literal["ignore", "refuse"] = "ignore"
        """A source with more positions: `ignore` those near its end, as the paper does, or `refuse` it."""

        def longest_source(self) -> int | None:
            return self.max_positions if self.longer == "refuse" else None

    def __init__(self, config: Config, *, query_dim: int, memory_dim: int) -> None:
        super().__init__()
        self.config = config
        self.position = Linear(query_dim, config.max_positions, bias=False)

    def keys(self, values_BSD: Tensor) -> Tensor:
        """Nothing but the number of positions.

        Errors: DataError for a source that is longer than `max_positions` where those are refused.
        """
        positions, most = values_BSD.size(1), self.config.longest_source()
        if most is not None and positions > most:
            raise DataError(
                f"a source has {positions} positions with EOS, more than the {most} of "
                f"model.decoder.attention.scorer.max_positions; shorten it, or leave longer: refuse out"
            )
        return values_BSD[..., :0]

    def tape(self) -> tuple[MakeAttentionTape, tuple[Tensor, ...]]:
        return LocationTape, (self.position.weight,)

    def forward(self, query_BMH: Tensor, keys_BSA: Tensor) -> Tensor:
        positions, scores_BMP = keys_BSA.size(1), self.position(query_BMH)
        unscored = max(positions - scores_BMP.size(-1), 0)
        return F.pad(scores_BMP[..., :positions], (0, unscored), value=torch.finfo(scores_BMP.dtype).min)
