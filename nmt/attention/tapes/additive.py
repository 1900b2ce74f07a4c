"""The recurrence of concat and additive. B sentences, T steps, S source, H query, A hidden width."""

from __future__ import annotations

import torch
from torch import Tensor

from nmt.attention.tapes.tape import AttentionTape


class AdditiveTape(AttentionTape):
    """scores_t = v^T tanh(W query_t + keys), up to a constant a row.

    Computed as 2 v^T sigmoid(2 W query_t + 2 keys), which is v^T (tanh(...) + 1): on processors without a vectorised
    tanh the logistic function costs a quarter of it. The hidden layer is computed again on the way back, not stored.
    """

    def __init__(
        self, steps: int, mask_BS: Tensor, keys_BSA: Tensor, values_BSP: Tensor, W_AH: Tensor, v_A: Tensor
    ) -> None:
        super().__init__(steps, mask_BS, keys_BSA, values_BSP)
        self.double_keys_BSA, self.double_W_AH, self.double_v_A = 2 * keys_BSA, 2 * W_AH, 2 * v_A
        self.back_AH = (4 * v_A)[:, None] * W_AH
        self.dkeys_BSA = torch.zeros_like(keys_BSA)
        self.ddouble_v_A = torch.zeros_like(v_A, dtype=self.penalty_BS.dtype)
        self.dquery_TBA = keys_BSA.new_empty(steps, len(keys_BSA), len(v_A))

    def _hidden(self, query_BH: Tensor) -> Tensor:
        return (self.double_keys_BSA + (query_BH @ self.double_W_AH.t())[:, None]).sigmoid_()

    def _scores(self, t: int, query_BH: Tensor) -> Tensor:
        return self._hidden(query_BH) @ self.double_v_A

    def _scores_back(self, t: int, query_BH: Tensor, dscores_BS: Tensor) -> Tensor:
        """With h = sigmoid(2 x), tanh'(x) = 4 h (1 - h); the factor 4 v waits for the end of the loop."""
        hidden_BSA = self._hidden(query_BH)
        self.ddouble_v_A += dscores_BS.reshape(-1) @ hidden_BSA.view(-1, hidden_BSA.size(-1))
        slope_BSA = torch.addcmul(hidden_BSA, hidden_BSA, hidden_BSA, value=-1)
        self.dkeys_BSA.addcmul_(slope_BSA, dscores_BS[:, :, None])
        dquery_B1A = torch.bmm(dscores_BS[:, None], slope_BSA, out=self.dquery_TBA[t][:, None])
        return dquery_B1A[:, 0] @ self.back_AH

    def _score_gradients(self, query_TBH: Tensor) -> tuple[Tensor, ...]:
        quadruple_v_A = 2 * self.double_v_A
        dW_AH = quadruple_v_A[:, None] * (self.dquery_TBA.flatten(0, 1).t() @ query_TBH.flatten(0, 1))
        return self.dkeys_BSA * quadruple_v_A, dW_AH, 2 * self.ddouble_v_A.to(dW_AH.dtype)
