"""Attention of every step of a recurrence: `step` writes buffers forward, `step_back` reads them backward.

B sentences, T steps, S source positions, H query width, A key width, P values of the memory.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor

from nmt.attention.tapes.window import MakeWindowTape, WeighingTape, WindowTape
from nmt.kernels.kernels import find_kernel
from nmt.nn.softmax import softmax_back


class AttentionTape(ABC):
    """weights_t = softmax(scores(query_t, keys)) inside the window;  context_t = weights_t values.

    The values are products of the source states, and so are the contexts (`Attention.remember`).

    weights_TBS and context_TBP hold the results. No autograd inside; the gradients of what is the same at every step
    are single products after the loop.
    """

    window: WindowTape
    """Given by `make_in_window`."""

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
        scores_BS, penalty_BS = self._scores(t, query_BH), self.window.look(t, query_BH)
        weights_BS, context_BP = self.weights_TBS[t], self.context_TBP[t]
        if isinstance(self.window, WeighingTape):
            mixed_BS = self.window.weigh(t, torch.softmax(scores_BS + penalty_BS, -1), weights_BS)
        elif self.attend is not None:
            read = scores_BS.float().contiguous(), penalty_BS, self.values_BSP
            self.attend(*self.values_BSP.shape, *read, weights_BS, self.sums_BP, context_BP)
            return context_BP
        else:
            mixed_BS = torch.softmax(scores_BS + penalty_BS, -1, out=weights_BS)
        mixed_B1S = mixed_BS[:, None].to(self.values_BSP.dtype)
        return torch.bmm(mixed_B1S, self.values_BSP, out=context_BP[:, None])[:, 0]

    def step_back(self, t: int, query_BH: Tensor, dcontext_BP: Tensor, dweights_BS: Tensor) -> Tensor:
        """The gradient of the query of step t, from those of its context and its weights."""
        if self.dcontext_TBP is None:
            self.dcontext_TBP = torch.empty_like(self.context_TBP)
        self.dcontext_TBP[t] = dcontext_BP
        weights_BS = self.weights_TBS[t]
        if isinstance(self.window, WeighingTape):
            dscores_BS, dquery_BH = self.window.weigh_back(t, self._dmixed(dcontext_BP), dweights_BS)
            return self._back_through(t, query_BH, dscores_BS) + dquery_BH
        if self.attend_back is not None:
            dscores_BS = torch.empty_like(weights_BS)
            given = self.dcontext_TBP[t], dweights_BS.contiguous(), weights_BS
            self.attend_back(*self.values_BSP.shape, *given, self.values_BSP, dscores_BS)
            return self._back_through(t, query_BH, dscores_BS)
        return self._back_through(t, query_BH, softmax_back(weights_BS, dweights_BS + self._dmixed(dcontext_BP)))

    def gradients(self, query_TBH: Tensor) -> tuple[Tensor, ...]:
        """Gradients of the keys, the values, and the parameters of the score in the order of its constructor; then of
        the window's."""
        assert self.dcontext_TBP is not None
        mixed_TBS = self.window.mixed_TBS if isinstance(self.window, WeighingTape) else self.weights_TBS
        mixed_BST = mixed_TBS.permute(1, 2, 0).to(self.values_BSP.dtype)
        dvalues_BSP = torch.bmm(mixed_BST, self.dcontext_TBP.transpose(0, 1))
        dkeys_BSA, *dparameters = self._score_gradients(query_TBH)
        return dkeys_BSA, dvalues_BSP, *dparameters, *self.window.gradients(query_TBH)

    def _back_through(self, t: int, query_BH: Tensor, dscores_BS: Tensor) -> Tensor:
        """dquery_BH. The gradient of the scores stays precise for compiled loops."""
        dtype = self.values_BSP.dtype if self.attend_back is None else dscores_BS.dtype
        return self._scores_back(t, query_BH, dscores_BS.to(dtype))

    def _dmixed(self, dcontext_BP: Tensor) -> Tensor:
        return torch.bmm(self.values_BSP, dcontext_BP[:, :, None])[:, :, 0]

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
"""A tape from the number of steps, the mask, the keys, the values and the parameters of score and window."""


def make_in_window(
    make_scores: MakeAttentionTape, make_window: MakeWindowTape, scored: int, steps: int, *tensors: Tensor
) -> AttentionTape:
    """As `MakeAttentionTape`; the first `scored` parameters are the score's."""
    mask_BS, keys_BSA, values_BSP, *parameters = tensors
    tape = make_scores(steps, mask_BS, keys_BSA, values_BSP, *parameters[:scored])
    tape.window = make_window(tape.penalty_BS, steps, *parameters[scored:])
    return tape
