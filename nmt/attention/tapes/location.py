"""The recurrence of location. B sentences, T steps, S source, H query, P positions that have a score."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from nmt.attention.tapes.tape import AttentionTape
from nmt.kernels.product import PackedLinear, product_over_rows


class LocationTape(AttentionTape):
    """scores_t = the first S of W query_t, and the lowest number behind them where there are fewer."""

    def __init__(self, steps: int, mask_BS: Tensor, keys_BS0: Tensor, values_BSP: Tensor, W_PH: Tensor) -> None:
        super().__init__(steps, mask_BS, keys_BS0, values_BSP)
        self.keys_BS0, self.positions = keys_BS0, len(W_PH)
        batch, source = mask_BS.shape
        self.scored = min(source, self.positions)
        self.unscored = source - self.scored
        self.project = PackedLinear(W_PH[: self.scored].contiguous())
        self.dscores_TBS = W_PH.new_empty(steps, batch, self.scored)

    def _scores(self, t: int, query_BH: Tensor) -> Tensor:
        scores_BS = self.project.forward(query_BH)
        return F.pad(scores_BS, (0, self.unscored), value=torch.finfo(scores_BS.dtype).min)

    def _scores_back(self, t: int, query_BH: Tensor, dscores_BS: Tensor) -> Tensor:
        return self.project.backward(self.dscores_TBS[t].copy_(dscores_BS[:, : self.scored]))

    def _score_gradients(self, query_TBH: Tensor) -> tuple[Tensor, ...]:
        dscored = product_over_rows(self.dscores_TBS.flatten(0, 1), query_TBH.flatten(0, 1))
        return torch.zeros_like(self.keys_BS0), F.pad(dscored, (0, 0, 0, self.positions - self.scored))
