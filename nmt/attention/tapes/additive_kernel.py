"""The recurrence of concat and additive by compiled loops. B sentences, T steps, S source, H query, A hidden width."""

from __future__ import annotations

import torch
from torch import Tensor

from nmt.attention.tapes.additive import AdditiveTape
from nmt.attention.tapes.tape import AttentionTape
from nmt.kernels.kernels import find_kernel, take_kernel
from nmt.kernels.product import PackedLinear, product_over_rows


def make_additive_tape(steps: int, mask_BS: Tensor, keys_BSA: Tensor, *tensors: Tensor) -> AttentionTape:
    """A tape of compiled loops where there are some for these numbers, or else of PyTorch alone."""
    kind = AdditiveTape if find_kernel("additive", keys_BSA) is None else _KernelTape
    return kind(steps, mask_BS, keys_BSA, *tensors)


class _KernelTape(AttentionTape):
    """scores_t = v^T tanh(W query_t + keys). The hidden layer never lies in memory; gradients add up in float32."""

    def __init__(
        self, steps: int, mask_BS: Tensor, keys_BSA: Tensor, values_BSP: Tensor, W_AH: Tensor, v_A: Tensor
    ) -> None:
        super().__init__(steps, mask_BS, keys_BSA, values_BSP)
        batch, positions, dim = keys_BSA.shape
        self.shape = batch, 1, positions, dim
        self.keys_BSA, self.v_A = keys_BSA.contiguous(), v_A.contiguous()
        self.project = PackedLinear(W_AH)
        self.score, self.score_back = take_kernel("additive", keys_BSA), take_kernel("additive_back", keys_BSA)
        self.projected_TBA = keys_BSA.new_empty(steps, batch, dim)
        self.dkeys_BSA = torch.zeros_like(self.keys_BSA, dtype=torch.float32)
        self.dv_BA = self.dkeys_BSA.new_zeros(batch, dim)
        self.dquery_TBA = self.dkeys_BSA.new_empty(steps, batch, dim)

    def _scores(self, t: int, query_BH: Tensor) -> Tensor:
        projected_BA = self.project.forward(query_BH, out=self.projected_TBA[t])
        scores_BS = torch.empty_like(self.penalty_BS)
        self.score(*self.shape, self.keys_BSA, projected_BA, self.v_A, self.penalty_BS, scores_BS)
        return scores_BS

    def _scores_back(self, t: int, query_BH: Tensor, dscores_BS: Tensor) -> Tensor:
        given = self.keys_BSA, self.projected_TBA[t], self.v_A, dscores_BS
        self.score_back(*self.shape, *given, self.dkeys_BSA, self.dquery_TBA[t], self.dv_BA)
        return self.project.backward(self.dquery_TBA[t].to(query_BH.dtype))

    def _score_gradients(self, query_TBH: Tensor) -> tuple[Tensor, ...]:
        dtype = query_TBH.dtype
        dW_AH = product_over_rows(self.dquery_TBA.flatten(0, 1).to(dtype), query_TBH.flatten(0, 1))
        return self.dkeys_BSA.to(dtype), dW_AH, self.dv_BA.sum(0).to(dtype)
