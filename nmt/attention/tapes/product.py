"""The recurrence of dot, scaled dot and general. B sentences, T steps, S source, H query and key width."""

from __future__ import annotations

import torch
from torch import Tensor

from nmt.attention.tapes.tape import AttentionTape


class ProductTape(AttentionTape):
    """scores_t = keys query_t."""

    def __init__(self, steps: int, mask_BS: Tensor, keys_BSH: Tensor, values_BSP: Tensor) -> None:
        super().__init__(steps, mask_BS, keys_BSH, values_BSP)
        self.keys_BSH = keys_BSH
        self.dscores_TBS = keys_BSH.new_empty(self.weights_TBS.shape)

    def _scores(self, t: int, query_BH: Tensor) -> Tensor:
        return torch.bmm(self.keys_BSH, query_BH[:, :, None])[:, :, 0]

    def _scores_back(self, t: int, query_BH: Tensor, dscores_BS: Tensor) -> Tensor:
        self.dscores_TBS[t] = dscores_BS
        return torch.bmm(self.dscores_TBS[t][:, None], self.keys_BSH)[:, 0]

    def _score_gradients(self, query_TBH: Tensor) -> tuple[Tensor, ...]:
        return (torch.bmm(self.dscores_TBS.permute(1, 2, 0), query_TBH.transpose(0, 1)),)
