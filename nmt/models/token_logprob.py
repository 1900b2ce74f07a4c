"""Log-probabilities of given words, with gradients, without a full (R, V) matrix of logits.

R real target tokens, F features, V vocabulary, C rows of one chunk.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from nmt.kernels.kernels import find_kernel
from nmt.kernels.product import PackedLinear, product_over_rows
from nmt.models.loss import CHUNK, kernel_losses
from nmt.nn.by_hand import require_first_order
from nmt.nn.linear import for_products
from nmt.nn.softmax import log_probabilities


def token_logprob(features_RF: Tensor, weight_VF: Tensor, bias_V: Tensor, target_R: Tensor) -> Tensor:
    """logprob_R of the targets under the softmax over W f + b, in float32 at least."""
    return _TokenLogprob.apply(for_products(features_RF), weight_VF, bias_V, target_R)  # type: ignore[return-value]


class _TokenLogprob(torch.autograd.Function):
    """The logits of a chunk are computed again in the backward pass, because its gradient is not known before."""

    @staticmethod
    def forward(ctx: Any, features_RF: Tensor, weight_VF: Tensor, bias_V: Tensor, target_R: Tensor) -> Tensor:
        weight_VF, bias_V = weight_VF.to(features_RF.dtype), bias_V.to(features_RF.dtype)
        ctx.save_for_backward(features_RF, weight_VF, bias_V, target_R)
        project = PackedLinear(weight_VF)
        chunks = zip(features_RF.split(CHUNK), target_R.split(CHUNK), strict=True)
        return torch.cat([_logprob_of(target_C, project, part_CF, bias_V) for part_CF, target_C in chunks])

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        require_first_order()
        features_RF, weight_VF, bias_V, target_R = ctx.saved_tensors
        dtype, dfeatures, project = features_RF.dtype, [], PackedLinear(weight_VF)
        dweight_VF, dbias_V = grads[0].new_zeros(weight_VF.shape), grads[0].new_zeros(bias_V.shape)
        chunks = (part.split(CHUNK) for part in (features_RF, target_R, grads[0]))
        for features_CF, target_C, grad_C in zip(*chunks, strict=True):
            dlogits_CV = _logprob(project, features_CF, bias_V).exp_().mul_(-grad_C[:, None])
            dlogits_CV.scatter_add_(1, target_C[:, None], grad_C[:, None])
            dbias_V += dlogits_CV.sum(0)
            dlogits_CV = dlogits_CV.to(dtype)
            dfeatures.append(project.backward(dlogits_CV))
            product_over_rows(dlogits_CV, features_CF, dweight_VF)
        return torch.cat(dfeatures), dweight_VF, dbias_V, None


def _logprob_of(target_C: Tensor, project: PackedLinear, features_CF: Tensor, bias_V: Tensor) -> Tensor:
    """logprob_C of the targets, by the compiled loop where there is one."""
    if find_kernel("vocabulary", features_CF) is None:
        return _logprob(project, features_CF, bias_V).gather(1, target_C[:, None])[:, 0]
    unused_V = torch.empty_like(bias_V, dtype=torch.float32)
    return -kernel_losses(project.forward(features_CF), target_C, 0.0, (bias_V, unused_V), need=False)[0]


def _logprob(project: PackedLinear, features_CF: Tensor, bias_V: Tensor) -> Tensor:
    return log_probabilities(project.forward(features_CF, bias_V))
