"""Log-probabilities of given words, with gradients, without a full (R, V) matrix of logits.

R real target tokens, F features, V vocabulary, C rows of one chunk.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from nmt.models.loss import CHUNK
from nmt.nn.by_hand import require_first_order
from nmt.nn.softmax import log_probabilities


def token_logprob(features_RF: Tensor, weight_VF: Tensor, bias_V: Tensor, target_R: Tensor) -> Tensor:
    """logprob_R of the targets under the softmax over W f + b, in float32 at least."""
    dtype = features_RF.dtype
    return _TokenLogprob.apply(features_RF, weight_VF.to(dtype), bias_V.to(dtype), target_R)  # type: ignore[return-value]


class _TokenLogprob(torch.autograd.Function):
    """The logits of a chunk are computed again in the backward pass, because its gradient is not known before."""

    @staticmethod
    def forward(ctx: Any, features_RF: Tensor, weight_VF: Tensor, bias_V: Tensor, target_R: Tensor) -> Tensor:
        ctx.save_for_backward(features_RF, weight_VF, bias_V, target_R)
        chunks = zip(features_RF.split(CHUNK), target_R.split(CHUNK), strict=True)
        return torch.cat([_logprob(part, weight_VF, bias_V).gather(1, t[:, None])[:, 0] for part, t in chunks])

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        require_first_order()
        features_RF, weight_VF, bias_V, target_R = ctx.saved_tensors
        dtype = features_RF.dtype
        dfeatures, dweight_VF = [], torch.zeros_like(weight_VF, dtype=grads[0].dtype)
        dbias_V = torch.zeros_like(bias_V, dtype=grads[0].dtype)
        chunks = (part.split(CHUNK) for part in (features_RF, target_R, grads[0]))
        for features_CF, target_C, grad_C in zip(*chunks, strict=True):
            dlogits_CV = _logprob(features_CF, weight_VF, bias_V).exp_().mul_(-grad_C[:, None])
            dlogits_CV.scatter_add_(1, target_C[:, None], grad_C[:, None])
            dbias_V += dlogits_CV.sum(0)
            dlogits_CV = dlogits_CV.to(dtype)
            dfeatures.append(dlogits_CV @ weight_VF)
            dweight_VF += dlogits_CV.t() @ features_CF
        return torch.cat(dfeatures), dweight_VF.to(dtype), dbias_V.to(dtype), None


def _logprob(features_CF: Tensor, weight_VF: Tensor, bias_V: Tensor) -> Tensor:
    return log_probabilities(torch.addmm(bias_V, features_CF, weight_VF.t()))
