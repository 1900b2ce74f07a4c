"""The chunked loss of the vocabulary against PyTorch's cross-entropy."""

import pytest
import torch
from torch.nn import functional as F

from nmt.models import loss as loss_module
from nmt.models.loss import CHUNK, Targets, vocabulary_loss

FEATURES, VOCAB = 4, 7


def inputs(rows, dtype=torch.float64):
    torch.manual_seed(rows)
    tensors = [torch.randn(rows, FEATURES), torch.randn(VOCAB, FEATURES), torch.randn(VOCAB)]
    return [tensor.to(dtype).requires_grad_() for tensor in tensors], torch.randint(VOCAB, (rows,))


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("rows", [1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 3])
def test_value_and_gradients_equal_cross_entropy(rows, smoothing):
    (features_RF, weight_VF, bias_V), target_R = inputs(rows)
    found = vocabulary_loss(features_RF, weight_VF, bias_V, Targets(target_R), smoothing)
    logits_RV = F.linear(features_RF, weight_VF, bias_V)
    expected = F.cross_entropy(logits_RV, target_R, label_smoothing=smoothing, reduction="sum")
    torch.testing.assert_close(found.total, expected, rtol=1e-12, atol=0)
    torch.testing.assert_close(
        found.nll, F.cross_entropy(logits_RV, target_R, reduction="sum").detach(), rtol=1e-12, atol=0
    )
    assert (found.tokens, found.nll.requires_grad) == (rows, False)

    mine = torch.autograd.grad(found.total * 3, [features_RF, weight_VF, bias_V])
    other = torch.autograd.grad(expected * 3, [features_RF, weight_VF, bias_V])
    for left, right in zip(mine, other, strict=True):
        torch.testing.assert_close(left, right, rtol=1e-10, atol=1e-12)


def test_a_chunk_is_no_boundary(monkeypatch):
    tensors, target_R = inputs(10)
    whole = vocabulary_loss(*tensors, Targets(target_R), 0.1).total
    monkeypatch.setattr(loss_module, "CHUNK", 3)
    torch.testing.assert_close(vocabulary_loss(*tensors, Targets(target_R), 0.1).total, whole)


def test_gradients_agree_with_finite_differences():
    tensors, target_R = inputs(5)
    assert torch.autograd.gradcheck(lambda *parts: vocabulary_loss(*parts, Targets(target_R), 0.2).total, tensors)


def test_without_gradients_none_are_computed(monkeypatch):
    """The products of the backward pass, which would triple the cost of validation, write into the gradients."""
    multiply = torch.mm

    def refuse(*arguments, out=None):
        assert out is None, "a gradient was computed"
        return multiply(*arguments)

    monkeypatch.setattr(torch, "mm", refuse)
    tensors, target_R = inputs(5)
    with torch.no_grad():
        vocabulary_loss(*tensors, Targets(target_R), 0.1)
    with pytest.raises(AssertionError, match="a gradient"):
        vocabulary_loss(*tensors, Targets(target_R), 0.1)


def test_bfloat16_features_are_summed_in_float32():
    tensors, target_R = inputs(2000, torch.float32)
    exact = vocabulary_loss(*tensors, Targets(target_R), 0.1).total
    exact.backward()
    rough_tensors = [tensor.detach().bfloat16().requires_grad_() for tensor in tensors[:1]] + [
        tensor.detach().clone().requires_grad_() for tensor in tensors[1:]
    ]
    rough = vocabulary_loss(*rough_tensors, Targets(target_R), 0.1).total
    rough.backward()
    assert rough.dtype == torch.float32
    assert rough.item() == pytest.approx(exact.item(), rel=2e-3)
    for exact_part, rough_part in zip(tensors, rough_tensors, strict=True):
        scale = float(exact_part.grad.abs().max())
        torch.testing.assert_close(rough_part.grad.float(), exact_part.grad, rtol=0, atol=0.02 * scale)


@pytest.mark.parametrize("pairs", [1, CHUNK // 2, CHUNK // 2 + 1])
def test_agreement_is_the_symmetric_divergence_of_neighbours(pairs):
    """Liang et al. 2021, eq. 2 and 4, from two whole softmaxes."""
    (features_RF, weight_VF, bias_V), target_R = inputs(2 * pairs)
    found = vocabulary_loss(features_RF, weight_VF, bias_V, Targets(target_R), 0.1, agreement=3.0)
    logits_RV = F.linear(features_RF, weight_VF, bias_V)
    p, q = logits_RV[0::2].softmax(-1), logits_RV[1::2].softmax(-1)
    kl = (p * (p / q).log()).sum() / 2 + (q * (q / p).log()).sum() / 2
    expected = F.cross_entropy(logits_RV, target_R, label_smoothing=0.1, reduction="sum") + 3 * kl
    torch.testing.assert_close(found.total, expected, rtol=1e-12, atol=0)
    torch.testing.assert_close(found.nll, F.cross_entropy(logits_RV, target_R, reduction="sum").detach())
    mine = torch.autograd.grad(found.total * 2, [features_RF, weight_VF, bias_V])
    other = torch.autograd.grad(expected * 2, [features_RF, weight_VF, bias_V])
    for left, right in zip(mine, other, strict=True):
        torch.testing.assert_close(left, right, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_rows_that_do_not_count_are_as_if_they_were_not_there(smoothing):
    (features_RF, weight_VF, bias_V), target_R = inputs(7)
    counts_R = torch.tensor([True, False, True, True, False, False, True])
    part = features_RF[counts_R].detach().requires_grad_()
    found = vocabulary_loss(features_RF, weight_VF, bias_V, Targets(target_R, counts_R), smoothing)
    expected = vocabulary_loss(part, weight_VF, bias_V, Targets(target_R[counts_R]), smoothing)
    torch.testing.assert_close(found[:2], expected[:2])
    mine = torch.autograd.grad(found.total, [features_RF, weight_VF, bias_V])
    other = torch.autograd.grad(expected.total, [part, weight_VF, bias_V])
    torch.testing.assert_close([mine[0][counts_R], *mine[1:]], list(other))
    assert not mine[0][~counts_R].any()
