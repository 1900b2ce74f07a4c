"""The contract of a window: which source positions a query may see.

B sentences, M queries per sentence, S source positions, H query width. Positions of source and target count from 1, as
in Luong et al. 2015; EOS is one of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor, nn

from nmt.attention.tapes.window import MakeWindowTape
from nmt.config.component import Component, ComponentConfig


class View(NamedTuple):
    """inside_BMS: where weights may be above 0, in no row nowhere (M may be 1 for all queries); factor_BMS: what the
    normalised weights are multiplied by, None where by nothing."""

    inside_BMS: Tensor
    factor_BMS: Tensor | None


class Window(nn.Module, Component, ABC, family="window"):
    """Made with `query_dim` H. `reads_position`: whether it has to know the target words' positions."""

    reads_position = False
    weighs = False
    """Whether it multiplies weights by a factor, so that contexts are made of others than those that are told."""

    class Config(ComponentConfig):
        """Settings of a window."""

    @abstractmethod
    def forward(self, query_BMH: Tensor, mask_BS: Tensor, position_BM: Tensor | None) -> View:
        """The view of every query. position_BM is None unless the window reads it."""

    def tape(self) -> tuple[MakeWindowTape, tuple[Tensor, ...]] | None:
        """The same inside a recurrence by hand, for target words 1 to T, and the parameters that it takes: a
        `WeighingTape` exactly if the window `weighs`.

        None: autograd takes every step.
        """
        return None


def distance(mask_BS: Tensor, center_BM: Tensor) -> Tensor:
    """s - p_t for every source position s and center p_t, (B, M, S)."""
    position_S = torch.arange(1, mask_BS.size(1) + 1, device=mask_BS.device)
    return position_S - center_BM[..., None]
