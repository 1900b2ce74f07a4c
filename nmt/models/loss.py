"""Cross-entropy of the vocabulary over real target tokens, without a full (R, V) copy of the logits.

R real target tokens, F features, V vocabulary, C rows of one chunk.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from nmt.kernels.kernels import find_kernel, take_kernel
from nmt.kernels.product import PackedLinear, product_over_rows
from nmt.nn.by_hand import require_first_order
from nmt.nn.linear import for_products

CHUNK = 1024


class Loss(NamedTuple):
    """total: what is made smaller, as a sum, differentiable; nll: plain cross-entropy, summed, detached; tokens: R."""

    total: Tensor
    nll: Tensor
    tokens: int


class Targets(NamedTuple):
    """The words to predict, and where they count; None: everywhere."""

    word_R: Tensor
    counts_R: Tensor | None = None

    def rows(self, chosen: slice) -> Targets:
        """Those of some rows."""
        return Targets(self.word_R[chosen], None if self.counts_R is None else self.counts_R[chosen])

    def counted(self, x: Tensor) -> Tensor:
        """x (R, ...), 0 in the rows that do not count."""
        return x if self.counts_R is None else x * self.counts_R.view(-1, *[1] * (x.dim() - 1))


def vocabulary_loss(
    features_RF: Tensor,
    weight_VF: Tensor,
    bias_V: Tensor,
    targets: Targets,
    label_smoothing: float,
    agreement: float = 0.0,
) -> Loss:
    """Loss of the softmax over W f + b, in nats, summed.

    With smoothing e the reference word's target probability is 1 - e + e / V and every other's e / V (Szegedy et al.
    2016, eq. 3, with a uniform prior).

    agreement: weight of (KL(p || q) + KL(q || p)) / 2, with p and q the distributions of rows 2r and 2r + 1, added for
    each such pair (Liang et al. 2021, eq. 2); then all rows count.
    """
    assert targets.counts_R is None or not agreement
    parts = for_products(features_RF), weight_VF, bias_V
    if not torch.is_grad_enabled():
        parts = tuple(part.detach() for part in parts)
    total, nll = _VocabularyLoss.apply(*parts, targets, float(label_smoothing), agreement)  # type: ignore[misc]
    return Loss(total, nll.detach(), len(targets.word_R))


class _VocabularyLoss(torch.autograd.Function):
    """The gradient is linear in the incoming one, so it is computed while the chunk's logits are in the cache."""

    @staticmethod
    def forward(
        ctx: Any,
        features_RF: Tensor,
        weight_VF: Tensor,
        bias_V: Tensor,
        targets: Targets,
        smoothing: float,
        agreement: float,
    ) -> tuple[Tensor, Tensor]:
        dtype, precise = features_RF.dtype, torch.promote_types(features_RF.dtype, torch.float32)
        total = features_RF.new_zeros((), dtype=precise)
        nll = total.clone()
        need = any(ctx.needs_input_grad[:3])
        dfeatures_RF = torch.empty_like(features_RF, memory_format=torch.contiguous_format)
        dweight_VF: Tensor | None = None
        dbias_V = torch.zeros_like(bias_V, dtype=precise)
        compiled = not agreement and targets.counts_R is None and find_kernel("vocabulary", features_RF) is not None
        weight_VF, bias_V = weight_VF.to(dtype), bias_V.to(dtype)
        project = PackedLinear(weight_VF)
        for start in range(0, len(features_RF), CHUNK):
            rows = slice(start, start + CHUNK)
            logits_CV = project.forward(features_RF[rows])
            if compiled:
                losses = _kernel_chunk(logits_CV, targets.word_R[rows], smoothing, (bias_V, dbias_V), need)
            else:
                logits_CV += bias_V
                losses = _chunk(logits_CV, targets.rows(rows), smoothing, agreement, dbias_V if need else None)
            total += losses.total
            nll += losses.nll
            if losses.dlogits_CV is not None:
                project.backward(losses.dlogits_CV, out=dfeatures_RF[rows])
                dweight_VF = product_over_rows(losses.dlogits_CV, features_RF[rows], dweight_VF).to(precise)
        ctx.gradients = dfeatures_RF, dweight_VF, dbias_V
        ctx.mark_non_differentiable(nll)
        return total, nll

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        """Gradients of the features, the weights and the bias; autograd makes them of their types."""
        require_first_order()
        dfeatures_RF, dweight_VF, dbias_V = ctx.gradients
        return dfeatures_RF * grads[0], dweight_VF * grads[0], dbias_V * grads[0], None, None, None


class _Chunk(NamedTuple):
    """total and nll as in `Loss`; the gradient of the logits where it is wanted."""

    total: Tensor
    nll: Tensor
    dlogits_CV: Tensor | None


def _chunk(logits_CV: Tensor, targets: Targets, smoothing: float, agreement: float, dbias_V: Tensor | None) -> _Chunk:
    """The gradient of the bias is added to dbias_V; None: no gradients are wanted."""
    precise = torch.promote_types(logits_CV.dtype, torch.float32)
    logprob_CV, word_C1 = torch.log_softmax(logits_CV, -1, dtype=precise), targets.word_R[:, None]
    nll = -targets.counted(logprob_CV.gather(1, word_C1)).sum()
    total = (1 - smoothing) * nll
    if smoothing:
        total -= smoothing * targets.counted(logprob_CV.mean(-1)).sum()
    divergence, ddivergence_CV = _divergence(logprob_CV) if agreement else (0.0, None)
    total += agreement * divergence
    if dbias_V is None:
        return _Chunk(total, nll, None)
    dlogits_CV = logprob_CV.exp_()
    if ddivergence_CV is not None:
        dlogits_CV.add_(ddivergence_CV, alpha=agreement)
    if smoothing:
        dlogits_CV -= smoothing / dlogits_CV.size(1)
    dlogits_CV.scatter_add_(1, word_C1, dlogits_CV.new_full((1, 1), smoothing - 1).expand_as(word_C1))
    dlogits_CV = targets.counted(dlogits_CV)
    dbias_V += dlogits_CV.sum(0)
    return _Chunk(total, nll, dlogits_CV.to(logits_CV.dtype))


def kernel_losses(
    logits_CV: Tensor, target_C: Tensor, smoothing: float, bias_and_gradient: tuple[Tensor, Tensor], need: bool
) -> tuple[Tensor, Tensor]:
    """nll_C of the targets and mean_C, the mean of the log-probabilities, by the compiled loop "vocabulary".

    logits_CV: without their bias. If `need`, the gradient of their loss takes their place, and its sum is added to that
    of the bias, float32.
    """
    bias_V, dbias_V = bias_and_gradient
    nll_C, mean_C = dbias_V.new_empty(2, len(logits_CV))
    assert bias_V.dtype == logits_CV.dtype
    given = target_C.long().contiguous(), bias_V, logits_CV, nll_C, mean_C, dbias_V
    take_kernel("vocabulary", logits_CV)(*logits_CV.shape, int(need), smoothing, *given)
    return nll_C, mean_C


def _kernel_chunk(
    logits_CV: Tensor, target_C: Tensor, smoothing: float, bias_and_gradient: tuple[Tensor, Tensor], need: bool
) -> _Chunk:
    """As `_chunk`, of logits without their bias; the gradient takes their place."""
    nll_C, mean_C = kernel_losses(logits_CV, target_C, smoothing, bias_and_gradient, need)
    nll = nll_C.sum()
    return _Chunk((1 - smoothing) * nll - smoothing * mean_C.sum(), nll, logits_CV if need else None)


def _divergence(logprob_CV: Tensor) -> tuple[Tensor, Tensor]:
    """Symmetric KL divergence of rows 2r and 2r + 1, summed over r, and its gradient by the logits.

    With d = log p - log q the gradient by the logits of p is (p (d - KL(p || q)) + p - q) / 2.
    """
    first_V, second_V = logprob_CV.view(-1, 2, logprob_CV.size(1)).unbind(1)
    p, q, d = first_V.exp(), second_V.exp(), first_V - second_V
    kl_pq, kl_qp = (p * d).sum(-1, keepdim=True), -(q * d).sum(-1, keepdim=True)
    gradients = p * (d - kl_pq) + p - q, q * (-d - kl_qp) + q - p
    return (kl_pq + kl_qp).sum() / 2, torch.stack(gradients, 1).view_as(logprob_CV) / 2
