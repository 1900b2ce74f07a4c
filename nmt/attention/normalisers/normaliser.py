"""The contract of a normaliser. B sentences, M queries per sentence, S source positions."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

from nmt.config.component import Component, ComponentConfig


class Normaliser(nn.Module, Component, ABC, family="normaliser"):
    """Scores to weights: rows that sum to 1 and are exactly 0 outside the window. `reads_scores`: False if weights do
    not depend on them."""

    reads_scores = True

    class Config(ComponentConfig):
        """Settings of a normaliser."""

    def __init__(self, config: Config) -> None:
        super().__init__()

    @abstractmethod
    def forward(self, scores_BMS: Tensor, inside_BMS: Tensor) -> Tensor:
        """weights_BMS, from scores in float32 at least; inside_BMS has at least one True in each row and may have one
        row for all queries of a sentence."""
