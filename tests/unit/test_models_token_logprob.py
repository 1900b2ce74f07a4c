"""Log-probabilities of given words against float64, in every way in which they are computed."""

from __future__ import annotations

import pytest
import torch

from nmt.kernels.kernels import use_kernels
from nmt.models.token_logprob import token_logprob

from .compiled import TYPES

ROWS, WIDTH, WORDS = 9, 12, 40


def tensors(dtype):
    """Features, weight and bias, which need gradients, and targets."""
    torch.manual_seed(0)
    weight_VF, bias_V = torch.randn(WORDS, WIDTH) * 0.3, torch.randn(WORDS)
    features_RF = torch.randn(ROWS, WIDTH).to(dtype)
    parts = [features_RF, *(part.to(dtype) if dtype == torch.float64 else part for part in (weight_VF, bias_V))]
    return [part.requires_grad_() for part in parts], torch.randint(WORDS, (ROWS,))


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("autocast", [True, False])
@pytest.mark.parametrize("dtype", [*TYPES, torch.float64])
@pytest.mark.parametrize("chunk", [4, 1024])
def test_values_and_gradients(chunk, dtype, autocast, compiled, monkeypatch):
    monkeypatch.setattr("nmt.models.token_logprob.CHUNK", chunk)
    use_kernels(compiled)
    inputs, target_R = tensors(dtype)
    exact = [part.detach().double().requires_grad_() for part in inputs]
    logprob_R = (exact[0] @ exact[1].t() + exact[2]).log_softmax(-1)[range(ROWS), target_R]
    draw_R = torch.randn(ROWS)
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        found_R = token_logprob(*inputs, target_R)
        with torch.no_grad():
            torch.testing.assert_close(token_logprob(*inputs, target_R), found_R.detach())
    rounds = dtype == torch.bfloat16 or (autocast and dtype == torch.float32)
    within = {"rtol": 0.02, "atol": 0.06} if rounds else {"rtol": 1e-5, "atol": 1e-5}
    torch.testing.assert_close(found_R.double(), logprob_R, **within)
    got = torch.autograd.grad(found_R, inputs, draw_R.to(found_R.dtype))
    want = torch.autograd.grad(logprob_R, exact, draw_R.double())
    for mine, other, part in zip(got, want, inputs, strict=True):
        assert mine.dtype == part.dtype
        torch.testing.assert_close(mine.double(), other, **within)


@pytest.mark.parametrize("compiled", [True, False])
def test_targets_of_any_kind(compiled):
    use_kernels(compiled)
    inputs, target_R = tensors(torch.float32)
    wanted = token_logprob(*inputs, target_R)
    assert token_logprob(*inputs, target_R.repeat_interleave(2)[::2]).equal(wanted)
    with torch.no_grad():
        none_R = token_logprob(inputs[0][:0], *inputs[1:], target_R[:0])
    assert none_R.shape == (0,)


def test_a_weight_that_changed_in_between_is_told():
    inputs, target_R = tensors(torch.float32)
    found_R = token_logprob(*inputs, target_R)
    with torch.no_grad():
        inputs[1].add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        found_R.sum().backward()
