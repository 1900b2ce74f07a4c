"""Scores by a hidden layer of all queries. B sentences, M queries, S source positions, A hidden width."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from nmt.kernels.kernels import find_kernel, take_kernel
from nmt.nn.by_hand import require_first_order


def hidden_scores(query_BMA: Tensor, keys_BSA: Tensor, v_A: Tensor) -> Tensor:
    """v^T tanh(query + key) (B, M, S). A compiled loop takes it in one pass, so the layer never lies in memory; PyTorch
    computes 2 v^T sigmoid(2 x) - v^T 1 of it, see `AdditiveTape`, in one temporary."""
    keys_BSA, v_A = keys_BSA.to(query_BMA.dtype), v_A.to(query_BMA.dtype)
    if find_kernel("additive", query_BMA) is not None:
        return _HiddenScores.apply(query_BMA, keys_BSA, v_A)  # type: ignore[return-value]
    hidden_BMSA = torch.add(2 * query_BMA[:, :, None], keys_BSA[:, None], alpha=2).sigmoid_()
    return hidden_BMSA @ (2 * v_A) - v_A.sum()


class _HiddenScores(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *inputs: Tensor) -> Tensor:
        query_BMA, keys_BSA, v_A = (tensor.contiguous() for tensor in inputs)
        ctx.save_for_backward(query_BMA, keys_BSA, v_A)
        (batch, queries, dim), positions = query_BMA.shape, keys_BSA.size(1)
        scores_BMS = query_BMA.new_empty(batch, queries, positions, dtype=torch.float32)
        score = take_kernel("additive", query_BMA)
        score(batch, queries, positions, dim, keys_BSA, query_BMA, v_A, None, scores_BMS)
        return scores_BMS

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, ...]:  # type: ignore[override]
        require_first_order()
        query_BMA, keys_BSA, v_A = ctx.saved_tensors
        (batch, queries, dim), positions = query_BMA.shape, keys_BSA.size(1)
        dkeys_BSA = torch.zeros_like(keys_BSA, dtype=torch.float32)
        dquery_BMA, dv_BA = torch.empty_like(query_BMA, dtype=torch.float32), dkeys_BSA.new_zeros(batch, dim)
        score_back = take_kernel("additive_back", query_BMA)
        given = keys_BSA, query_BMA, v_A, grads[0].contiguous()
        score_back(batch, queries, positions, dim, *given, dkeys_BSA, dquery_BMA, dv_BA)
        return dquery_BMA, dkeys_BSA, dv_BA.sum(0)
