"""RNNsearch's recurrence under teacher forcing as one autograd function.

Weight gradients are single products after the loop.

B sentences, T target positions, S source positions, H decoder, D memory, A attention hidden.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from nmt.attention.attention import Memory
from nmt.nn.gru import GRU, ResetGate, Tape


def unroll_concat(
    gates_TB3H: Tensor,
    s0_BH: Tensor,
    memory: Memory,
    scorer_weights: tuple[Tensor, Tensor],
    cell: GRU,
    weight_context: Tensor,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """c_i = sum_j softmax_j(v^T tanh(W s_{i-1} + key_j)) h_j;  s_i = GRU(s_{i-1}, gates_i + C c_i).

    gates_TB3H: the embedding's share of the gates; scorer_weights: (W_AH, v_A); weight_context: C (3H, D).
    Returns s_{i-1} and s_i (B, T, H), contexts (B, T, D) and weights (B, T, S).
    """
    dtype = gates_TB3H.dtype
    parts = [s0_BH, memory.keys_BSA, memory.values_BSD, *scorer_weights, weight_context, cell.weight_hh, cell.bias_hh]
    results = _Loop.apply(gates_TB3H, memory.mask_BS, cell.reset_gate, *(part.to(dtype) for part in parts))
    return tuple(result.transpose(0, 1) for result in results)  # type: ignore[union-attr,return-value]


class _Attend:
    """The attention of every step: `step` forward, `step_back` backward. tanh is computed again rather than stored."""

    def __init__(self, steps: int, mask_BS: Tensor, keys_BSA: Tensor, values_BSD: Tensor, W_AH: Tensor, v_A: Tensor):
        self.keys_BSA, self.values_BSD, self.W_AH, self.v_A = keys_BSA, values_BSD, W_AH, v_A
        batch, positions, width = values_BSD.shape
        precise = torch.promote_types(values_BSD.dtype, torch.float32)
        self.penalty_BS = torch.zeros_like(mask_BS, dtype=precise).masked_fill_(~mask_BS, float("-inf"))
        self.weights_TBS = self.penalty_BS.new_empty(steps, batch, positions)
        self.context_TBD = values_BSD.new_empty(steps, batch, width)

    def step(self, t: int, s_BH: Tensor) -> Tensor:
        energy_BS = self._hidden(s_BH) @ self.v_A
        weights_BS = torch.softmax(energy_BS + self.penalty_BS, -1, out=self.weights_TBS[t])
        weights_B1S = weights_BS[:, None].to(self.values_BSD.dtype)
        return torch.bmm(weights_B1S, self.values_BSD, out=self.context_TBD[t][:, None])[:, 0]

    def _hidden(self, s_BH: Tensor) -> Tensor:
        return (self.keys_BSA + (s_BH @ self.W_AH.t())[:, None]).tanh_()

    def prepare_backward(self, steps: int) -> None:
        self.dkeys_BSA, self.dv_A = (
            torch.zeros_like(self.keys_BSA),
            torch.zeros_like(self.v_A, dtype=self.penalty_BS.dtype),
        )
        self.dquery_TBA = self.keys_BSA.new_empty(steps, len(self.keys_BSA), len(self.v_A))
        self.dcontext_TBD = torch.empty_like(self.context_TBD)

    def step_back(self, t: int, s_BH: Tensor, dcontext_BD: Tensor, dweights_BS: Tensor) -> Tensor:
        """The gradient of s_{t-1} through the attention of step t."""
        self.dcontext_TBD[t] = dcontext_BD
        weights_BS = self.weights_TBS[t]
        dweights_BS = dweights_BS + torch.bmm(self.values_BSD, dcontext_BD[:, :, None])[:, :, 0]
        denergy_BS = weights_BS * (dweights_BS - (weights_BS * dweights_BS).sum(-1, keepdim=True))
        denergy_BS = denergy_BS.to(self.v_A.dtype)
        hidden_BSA = self._hidden(s_BH)
        self.dv_A += denergy_BS.reshape(-1) @ hidden_BSA.view(-1, len(self.v_A))
        hidden_BSA.square_().neg_().add_(1).mul_(self.v_A).mul_(denergy_BS[..., None])
        self.dkeys_BSA += hidden_BSA
        dquery_BA = torch.sum(hidden_BSA, 1, out=self.dquery_TBA[t])
        return dquery_BA @ self.W_AH

    def gradients(self, s_TBH: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Gradients of keys, values, W and v."""
        dvalues_BSD = torch.bmm(
            self.weights_TBS.permute(1, 2, 0).to(self.values_BSD.dtype), self.dcontext_TBD.transpose(0, 1)
        )
        dW_AH = self.dquery_TBA.flatten(0, 1).t() @ s_TBH.flatten(0, 1)
        return self.dkeys_BSA, dvalues_BSD, dW_AH, self.dv_A.to(self.v_A.dtype)


class _Loop(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        gates_TB3H: Tensor,
        mask_BS: Tensor,
        reset_gate: ResetGate,
        s0_BH: Tensor,
        keys_BSA: Tensor,
        values_BSD: Tensor,
        W_AH: Tensor,
        v_A: Tensor,
        weight_context: Tensor,
        weight_hh: Tensor,
        bias_hh: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        steps = len(gates_TB3H)
        attend = ctx.attend = _Attend(steps, mask_BS, keys_BSA, values_BSD, W_AH, v_A)
        tape = ctx.tape = Tape(steps, s0_BH, weight_hh, bias_hh, reset_gate)
        ctx.weight_context = weight_context
        for t in range(steps):
            context_BD = attend.step(t, tape.h_TBH[t])
            tape.step(t, torch.addmm(gates_TB3H[t], context_BD, weight_context.t()))
        return tape.h_TBH[:-1].clone(), tape.h_TBH[1:].clone(), attend.context_TBD.clone(), attend.weights_TBS.clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        dbefore_TBH, dafter_TBH, dcontext_TBD, dweights_TBS = grads
        attend, tape, weight_context = ctx.attend, ctx.tape, ctx.weight_context
        steps, batch, _ = dafter_TBH.shape
        attend.prepare_backward(steps)
        dgates_TB3H = dafter_TBH.new_empty(steps, batch, 3 * tape.dim)
        ds_BH = torch.zeros_like(tape.h_TBH[0])
        for t in range(steps - 1, -1, -1):
            ds_BH = tape.step_back(t, ds_BH + dafter_TBH[t], dgates_TB3H[t])
            dcontext_BD = torch.addmm(dcontext_TBD[t], dgates_TB3H[t], weight_context)
            ds_BH = ds_BH + dbefore_TBH[t] + attend.step_back(t, tape.h_TBH[t], dcontext_BD, dweights_TBS[t])
        dkeys, dvalues, dW, dv = attend.gradients(tape.h_TBH[:-1])
        dweight_context = dgates_TB3H.flatten(0, 1).t() @ attend.context_TBD.flatten(0, 1)
        return dgates_TB3H, None, None, ds_BH, dkeys, dvalues, dW, dv, dweight_context, *tape.weight_gradients()
