"""Cross-entropy of the vocabulary over real target tokens, without a full (R, V) copy of the logits.

R real target tokens, F features, V vocabulary, C rows of one chunk.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from nmt.nn.by_hand import require_first_order

CHUNK = 512


class Loss(NamedTuple):
    """total: what is made smaller, as a sum, differentiable; nll: plain cross-entropy, summed, detached; tokens: R."""

    total: Tensor
    nll: Tensor
    tokens: int


def vocabulary_loss(
    features_RF: Tensor,
    weight_VF: Tensor,
    bias_V: Tensor,
    target_R: Tensor,
    label_smoothing: float,
    agreement: float = 0.0,
) -> Loss:
    """Loss of the softmax over W f + b, in nats, summed.

    With smoothing e the reference word's target probability is 1 - e + e / V and every other's e / V (Szegedy et al.
    2016, eq. 3, with a uniform prior).

    agreement: weight of (KL(p || q) + KL(q || p)) / 2, with p and q the distributions of rows 2r and 2r + 1, added for
    each such pair (Liang et al. 2021, eq. 2).
    """
    parts = features_RF, weight_VF.to(features_RF.dtype), bias_V.to(features_RF.dtype)
    if not torch.is_grad_enabled():
        parts = tuple(part.detach() for part in parts)
    total, nll = _VocabularyLoss.apply(*parts, target_R, label_smoothing, agreement)  # type: ignore[misc]
    return Loss(total, nll.detach(), len(target_R))


class _VocabularyLoss(torch.autograd.Function):
    """The gradient is linear in the incoming one, so it is computed while the chunk's logits are in the cache."""

    @staticmethod
    def forward(
        ctx: Any,
        features_RF: Tensor,
        weight_VF: Tensor,
        bias_V: Tensor,
        target_R: Tensor,
        smoothing: float,
        agreement: float,
    ) -> tuple[Tensor, Tensor]:
        precise = torch.promote_types(features_RF.dtype, torch.float32)
        total = features_RF.new_zeros((), dtype=precise)
        nll = total.clone()
        need = any(ctx.needs_input_grad[:3])
        dfeatures_RF = torch.empty_like(features_RF)
        dweight_VF = torch.zeros_like(weight_VF, dtype=precise) if need else None
        dbias_V = torch.zeros_like(bias_V, dtype=precise)
        for start in range(0, len(features_RF), CHUNK):
            features_CF, target_C1 = features_RF[start : start + CHUNK], target_R[start : start + CHUNK, None]
            logits_CV = torch.addmm(bias_V, features_CF, weight_VF.t())
            logprob_CV = torch.log_softmax(logits_CV, -1, dtype=precise)
            chunk_nll = -logprob_CV.gather(1, target_C1).sum()
            nll += chunk_nll
            total += (1 - smoothing) * chunk_nll
            if smoothing:
                total -= smoothing * logprob_CV.mean(-1).sum()
            divergence, ddivergence_CV = _divergence(logprob_CV) if agreement else (0.0, None)
            total += agreement * divergence
            if dweight_VF is None:
                continue
            dlogits_CV = logprob_CV.exp_()
            if ddivergence_CV is not None:
                dlogits_CV.add_(ddivergence_CV, alpha=agreement)
            if smoothing:
                dlogits_CV -= smoothing / dlogits_CV.size(1)
            dlogits_CV.scatter_add_(1, target_C1, dlogits_CV.new_full((1, 1), smoothing - 1).expand_as(target_C1))
            dbias_V += dlogits_CV.sum(0)
            dlogits_CV = dlogits_CV.to(features_RF.dtype)
            torch.mm(dlogits_CV, weight_VF, out=dfeatures_RF[start : start + CHUNK])
            if dweight_VF.dtype == dlogits_CV.dtype:
                dweight_VF.addmm_(dlogits_CV.t(), features_CF)
            else:
                dweight_VF += dlogits_CV.t() @ features_CF
        ctx.gradients = dfeatures_RF, dweight_VF, dbias_V
        ctx.mark_non_differentiable(nll)
        return total, nll

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        require_first_order()
        dfeatures_RF, dweight_VF, dbias_V = ctx.gradients
        scale, dtype = grads[0], dfeatures_RF.dtype
        return dfeatures_RF * scale, (dweight_VF * scale).to(dtype), (dbias_V * scale).to(dtype), None, None, None


def _divergence(logprob_CV: Tensor) -> tuple[Tensor, Tensor]:
    """Symmetric KL divergence of rows 2r and 2r + 1, summed over r, and its gradient by the logits.

    With d = log p - log q the gradient by the logits of p is (p (d - KL(p || q)) + p - q) / 2.
    """
    first_V, second_V = logprob_CV.view(-1, 2, logprob_CV.size(1)).unbind(1)
    p, q, d = first_V.exp(), second_V.exp(), first_V - second_V
    kl_pq, kl_qp = (p * d).sum(-1, keepdim=True), -(q * d).sum(-1, keepdim=True)
    gradients = p * (d - kl_pq) + p - q, q * (-d - kl_qp) + q - p
    return (kl_pq + kl_qp).sum() / 2, torch.stack(gradients, 1).view_as(logprob_CV) / 2
