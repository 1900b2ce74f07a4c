"""The recurrence of local-p. B sentences, T steps, S source positions, H query width."""

from __future__ import annotations

import torch
from torch import Tensor

from nmt.attention.tapes.window import WeighingTape
from nmt.kernels.product import PackedLinear, product_over_rows
from nmt.nn.softmax import softmax_back


class LocalPTape(WeighingTape):
    """p_t = S sigmoid(v^T tanh(W query_t));  mixed_t(s) = softmax_t(s) exp(-2 (s - p_t)^2 / D^2), of |s - p_t| <= D."""

    def __init__(self, width: int, penalty_BS: Tensor, steps: int, W_HH: Tensor, v_H: Tensor) -> None:
        batch, positions = penalty_BS.shape
        self.width, self.penalty_BS, self.v_H, self.predict = width, penalty_BS, v_H, PackedLinear(W_HH)
        self.length_B = (penalty_BS == 0).sum(-1)
        self.position_S = torch.arange(1, positions + 1, device=penalty_BS.device)
        self.hidden_TBH, self.dhidden_TBH = W_HH.new_empty(2, steps, batch, len(v_H)).unbind(0)
        self.share_TB, self.draw_TB = penalty_BS.new_empty(2, steps, batch).unbind(0)
        self.away_TBS, self.factor_TBS, self.aligned_TBS, self.mixed_TBS = penalty_BS.new_empty(
            4, steps, batch, positions
        ).unbind(0)

    def look(self, t: int, query_BH: Tensor) -> Tensor:
        hidden_BH = torch.tanh(self.predict.forward(query_BH), out=self.hidden_TBH[t])
        share_B = torch.sigmoid((hidden_BH @ self.v_H).to(self.share_TB.dtype), out=self.share_TB[t])
        away_BS = torch.sub(self.position_S, (self.length_B * share_B)[:, None], out=self.away_TBS[t])
        torch.exp(-2 * (away_BS / self.width).square(), out=self.factor_TBS[t])
        return self.penalty_BS.masked_fill(away_BS.abs() > self.width, float("-inf"))

    def weigh(self, t: int, aligned_BS: Tensor, weights_BS: Tensor) -> Tensor:
        self.aligned_TBS[t] = aligned_BS
        mixed_BS = torch.mul(aligned_BS, self.factor_TBS[t], out=self.mixed_TBS[t])
        torch.div(mixed_BS, mixed_BS.sum(-1, keepdim=True), out=weights_BS)
        return mixed_BS

    def weigh_back(self, t: int, dmixed_BS: Tensor, dweights_BS: Tensor) -> tuple[Tensor, Tensor]:
        mixed_BS, aligned_BS, factor_BS = self.mixed_TBS[t], self.aligned_TBS[t], self.factor_TBS[t]
        sum_B1 = mixed_BS.sum(-1, keepdim=True)
        told_B1 = (dweights_BS * mixed_BS).sum(-1, keepdim=True) / sum_B1
        dmixed_BS = dmixed_BS + (dweights_BS - told_B1) / sum_B1
        dscores_BS = softmax_back(aligned_BS, dmixed_BS * factor_BS)
        slope_BS = mixed_BS * self.away_TBS[t] * (4 / self.width**2)
        share_B = self.share_TB[t]
        draw_B = (dmixed_BS * slope_BS).sum(-1) * self.length_B * share_B * (1 - share_B)
        self.draw_TB[t] = draw_B
        hidden_BH = self.hidden_TBH[t]
        steep_BH = torch.addcmul(self.v_H, hidden_BH * self.v_H, hidden_BH, value=-1)
        dhidden_BH = torch.mul(steep_BH, draw_B[:, None].to(steep_BH.dtype), out=self.dhidden_TBH[t])
        return dscores_BS, self.predict.backward(dhidden_BH)

    def gradients(self, query_TBH: Tensor) -> tuple[Tensor, ...]:
        """Of W and v."""
        hidden, dhidden = self.hidden_TBH.flatten(0, 1), self.dhidden_TBH.flatten(0, 1)
        return product_over_rows(dhidden, query_TBH.flatten(0, 1)), self.draw_TB.flatten().to(hidden.dtype) @ hidden
