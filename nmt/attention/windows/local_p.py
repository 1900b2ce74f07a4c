"""Luong et al. 2015, section 3.2, local-p. B sentences, M queries, S source positions, H query width."""

from __future__ import annotations

from functools import partial

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from nmt.attention.tapes.local_p import LocalPTape
from nmt.attention.tapes.window import MakeWindowTape
from nmt.attention.windows.window import View, Window, distance
from nmt.nn.linear import Linear


class LocalP(Window, name="local_p"):
    """p_t = S sigmoid(v_p^T tanh(W_p h_t));  a_t(s) = align(h_t, h_s) exp(-(s - p_t)^2 / (2 sigma^2))

    Luong et al. 2015, eq. 9 and 10, with sigma = D / 2; align is normalised over the window [p_t - D, p_t + D], the
    product is not, and the context is made of the product. S counts EOS. As p_t lies between 0 and S, the window always
    holds a position.
    """

    weighs = True

    class Config(Window.Config):
        """Settings of local-p."""

        width: PositiveInt = 10
        """D: source positions on each side of p_t; the standard deviation of the Gaussian is half of it."""

    def __init__(self, config: Config, *, query_dim: int) -> None:
        super().__init__()
        self.width = config.width
        self.hidden = Linear(query_dim, query_dim, bias=False)
        self.center = nn.Parameter(torch.empty(query_dim))

    def forward(self, query_BMH: Tensor, mask_BS: Tensor, position_BM: Tensor | None) -> View:
        raw_BM = torch.tanh(self.hidden(query_BMH)) @ self.center.to(query_BMH.dtype)
        precise = torch.promote_types(raw_BM.dtype, torch.float32)
        center_BM = mask_BS.sum(-1, keepdim=True) * torch.sigmoid(raw_BM.to(precise))
        away_BMS = distance(mask_BS, center_BM)
        inside_BMS = (away_BMS.detach().abs() <= self.width) & mask_BS[:, None]
        return View(inside_BMS, torch.exp(-2 * (away_BMS / self.width).square()))

    def tape(self) -> tuple[MakeWindowTape, tuple[Tensor, ...]]:
        return partial(LocalPTape, self.width), (self.hidden.weight, self.center)
