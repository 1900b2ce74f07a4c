"""Attention of every step of a recurrence: `step` writes buffers forward, `step_back` reads them backward.

B sentences, T steps, S source positions, H query width, A key width, P values of the memory.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor

from nmt.kernels.kernels import find_kernel


class AttentionTape(ABC):
    """weights_t = softmax(scores(query_t, keys));  context_t = weights_t values.

    The values are products of the source states, and so are the contexts (`Attention.remember`).

    weights_TBS and context_TBP hold the results. No autograd inside; the gradients of what is the same at every step
    are single products after the loop.
    """

    def __init__(self, steps: int, mask_BS: Tensor, keys_BSA: Tensor, values_BSP: Tensor) -> None:
        self.values_BSP = values_BSP.contiguous()
        batch, positions, width = values_BSP.shape
        precise = torch.promote_types(values_BSP.dtype, torch.float32)
        self.penalty_BS = torch.zeros_like(mask_BS, dtype=precise).masked_fill_(~mask_BS, float("-inf"))
        self.weights_TBS = self.penalty_BS.new_empty(steps, batch, positions)
        self.context_TBP = values_BSP.new_empty(steps, batch, width)
        self.dcontext_TBP: Tensor | None = None
        self.attend, self.attend_back = (find_kernel(name, values_BSP) for name in ("attend", "attend_back"))
        self.sums_BP = self.penalty_BS.new_empty(batch, width)

    def step(self, t: int, query_BH: Tensor) -> Tensor:
        """context_BP of step t."""
        scores_BS = self._scores(t, query_BH)
        if self.attend is not None:
            context_BP = self.context_TBP[t]
            read = scores_BS.float().contiguous(), self.penalty_BS, self.values_BSP
            self.attend(*self.values_BSP.shape, *read, self.weights_TBS[t], self.sums_BP, context_BP)
            return context_BP
        weights_BS = torch.softmax(scores_BS + self.penalty_BS, -1, out=self.weights_TBS[t])
        weights_B1S = weights_BS[:, None].to(self.values_BSP.dtype)
        return torch.bmm(weights_B1S, self.values_BSP, out=self.context_TBP[t][:, None])[:, 0]

    def step_back(self, t: int, query_BH: Tensor, dcontext_BP: Tensor, dweights_BS: Tensor) -> Tensor:
        """The gradient of the query of step t, from those of its context and its weights."""
        if self.dcontext_TBP is None:
            self.dcontext_TBP = torch.empty_like(self.context_TBP)
        self.dcontext_TBP[t] = dcontext_BP
        weights_BS = self.weights_TBS[t]
        if self.attend_back is not None:
            dscores_BS = torch.empty_like(weights_BS)
            given = self.dcontext_TBP[t], dweights_BS.contiguous(), weights_BS
            self.attend_back(*self.values_BSP.shape, *given, self.values_BSP, dscores_BS)
            return self._scores_back(t, query_BH, dscores_BS)
        dweights_BS = dweights_BS + torch.bmm(self.values_BSP, dcontext_BP[:, :, None])[:, :, 0]
        inner_B1 = (weights_BS * dweights_BS).sum(-1, keepdim=True)
        dscores_BS = weights_BS * (dweights_BS - inner_B1)
        return self._scores_back(t, query_BH, dscores_BS.to(self.values_BSP.dtype))

    def gradients(self, query_TBH: Tensor) -> tuple[Tensor, ...]:
        """Gradients of the keys, the values, and the parameters of the score in the order of its constructor."""
        assert self.dcontext_TBP is not None
        weights_BST = self.weights_TBS.permute(1, 2, 0).to(self.values_BSP.dtype)
        dvalues_BSP = torch.bmm(weights_BST, self.dcontext_TBP.transpose(0, 1))
        dkeys_BSA, *dparameters = self._score_gradients(query_TBH)
        return dkeys_BSA, dvalues_BSP, *dparameters

    @abstractmethod
    def _scores(self, t: int, query_BH: Tensor) -> Tensor:
        """scores_BS, up to a constant per row; padding may hold anything finite."""

    @abstractmethod
    def _scores_back(self, t: int, query_BH: Tensor, dscores_BS: Tensor) -> Tensor:
        """dquery_BH from dscores_BS, whose rows sum to 0."""

    @abstractmethod
    def _score_gradients(self, query_TBH: Tensor) -> tuple[Tensor, ...]:
        """Gradients of the keys and of the parameters."""


MakeAttentionTape = Callable[..., AttentionTape]
"""A tape from the number of steps, the mask, the keys, the values and the parameters of the score."""
