"""Luong et al. 2015, section 3.2, local-m. B sentences, M queries, S source positions, H query width."""

from __future__ import annotations

from functools import partial

import torch
from pydantic import PositiveInt
from torch import Tensor

from nmt.attention.tapes.window import MakeWindowTape, PositionTape
from nmt.attention.windows.window import View, Window, distance


class LocalM(Window, name="local_m"):
    """p_t = t, the window is [p_t - D, p_t + D]      Luong et al. 2015, section 3.2, monotonic alignment.

    What of it lies outside the sentence is ignored. Of t > S + D, where all of it does, the paper says nothing; p_t is
    then S + D, so that the last position is seen.
    """

    reads_position = True

    class Config(Window.Config):
        """Settings of local-m."""

        width: PositiveInt = 10
        """D: source positions on each side of p_t."""

    def __init__(self, config: Config, *, query_dim: int) -> None:
        super().__init__()
        self.width = config.width

    def forward(self, query_BMH: Tensor, mask_BS: Tensor, position_BM: Tensor | None) -> View:
        assert position_BM is not None
        return View(self.inside(mask_BS, position_BM), None)

    def inside(self, mask_BS: Tensor, position_BM: Tensor) -> Tensor:
        """inside_BMS of the windows of these target words."""
        center_BM = torch.minimum(position_BM, mask_BS.sum(-1, keepdim=True) + self.width)
        return (distance(mask_BS, center_BM).abs() <= self.width) & mask_BS[:, None]

    def tape(self) -> tuple[MakeWindowTape, tuple[Tensor, ...]]:
        return partial(PositionTape, self.inside), ()
