"""The compiled loop of the loss against float64."""

from __future__ import annotations

import math

import pytest
import torch

from .compiled import TYPES, guarded, near, needs_compiler, numbers, room, run, with_threads

NAN, INF = math.nan, math.inf


def vocabulary(logits_RV, bias_V, target_R, smoothing, dbias_V, back=1):
    """nll, mean and the gradient by the loop; dbias_V grows."""
    rows, like = len(logits_RV), logits_RV.dtype
    nll_R, mean_R, gradient_RV = room(rows), room(rows), guarded(logits_RV, like)
    given = target_R, bias_V, gradient_RV, nll_R, mean_R, dbias_V
    run("vocabulary", like, *logits_RV.shape, back, float(smoothing), *given)
    return nll_R, mean_R, gradient_RV


def by_equations(logits_RV, bias_V, target_R, smoothing):
    """nll = -log p(target), mean = sum of log p / V; the gradient is that of
    (1 - e) nll - e mean, which is p - e / V - (1 - e) [word = target]."""
    logprob_RV = (logits_RV.double() + bias_V.double()).log_softmax(-1)
    wanted_RV = torch.full_like(logprob_RV, smoothing / logprob_RV.size(1))
    for row, word in enumerate(target_R.tolist()):
        wanted_RV[row, word] += 1 - smoothing
    nll_R = torch.stack([-logprob_RV[row, word] for row, word in enumerate(target_R.tolist())])
    return nll_R, logprob_RV.mean(-1), logprob_RV.exp() - wanted_RV


@needs_compiler
@pytest.mark.parametrize("like", TYPES)
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("rows", [1, 70])
@pytest.mark.parametrize("words", [1, 2, 15, 16, 17, 500])
@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_the_loss_and_its_gradient(words, rows, smoothing, scale, like):
    logits_RV, bias_V = numbers(rows, words, dtype=like, scale=scale), numbers(words, dtype=like)
    target_R, before_V = torch.randint(words, (rows,)), numbers(words)
    dbias_V = guarded(before_V)
    nll_R, mean_R, gradient_RV = vocabulary(logits_RV, bias_V, target_R, smoothing, dbias_V)
    nll, mean, gradient = by_equations(logits_RV, bias_V, target_R, smoothing)
    near(nll_R, nll, atol=1e-5 * scale)
    near(mean_R, mean, atol=1e-5 * scale)
    near(gradient_RV, gradient, atol=2e-6)
    near(dbias_V, before_V.double() + gradient.sum(0), atol=3e-5)

    forward_only = vocabulary(logits_RV, bias_V, target_R, smoothing, kept_V := guarded(before_V), back=0)
    assert [part.equal(other) for part, other in zip(forward_only, (nll_R, mean_R, logits_RV), strict=True)] == [
        True
    ] * 3
    assert kept_V.equal(before_V)


@needs_compiler
@pytest.mark.parametrize("like", TYPES)
@pytest.mark.parametrize("bad", [NAN, INF, -INF, 1e30, -1e30])
@pytest.mark.parametrize("place", [0, 15, 16])
def test_a_logit_of_any_size(bad, place, like):
    """A NaN or an infinite logit of one row reaches its loss and its gradient, and no other row's."""
    logits_RV, bias_V, target_R = numbers(3, 17, dtype=like), numbers(17, dtype=like), torch.tensor([3, 2, 16])
    logits_RV[1, place] = bad
    nll_R, mean_R, gradient_RV = vocabulary(logits_RV, bias_V, target_R, 0.1, dbias_V := guarded(torch.zeros(17)))
    nll, mean, gradient = by_equations(logits_RV, bias_V, target_R, 0.1)
    near(nll_R, nll)
    near(mean_R, mean)
    near(gradient_RV, gradient)
    near(dbias_V, gradient.sum(0), atol=1e-5)


@needs_compiler
@pytest.mark.parametrize("like", TYPES)
def test_nan_in_the_bias_comes_out(like):
    logits_RV, bias_V = numbers(3, 17, dtype=like), numbers(17, dtype=like)
    bias_V[16] = NAN
    found = vocabulary(logits_RV, bias_V, torch.zeros(3, dtype=torch.long), 0.1, dbias_V := guarded(torch.zeros(17)))
    assert all(part.isnan().all() for part in (*found, dbias_V))


@needs_compiler
@pytest.mark.parametrize("like", TYPES)
@pytest.mark.parametrize("rows", [1, 2, 71])
def test_threads_change_the_sum_of_the_rows_alone(rows, like):
    given = numbers(rows, 33, dtype=like), numbers(33, dtype=like), torch.randint(33, (rows,)), 0.1
    sums = [guarded(torch.ones(33)) for _ in range(4)]
    results = [with_threads(count, lambda: vocabulary(*given, sums[count])) for count in (1, 2, 3)]  # noqa: B023
    for others in results[1:]:
        assert [left.equal(right) for left, right in zip(results[0], others, strict=True)] == [True] * 3
    exact_V = 1 + by_equations(*given)[2].sum(0)
    for count in (1, 2, 3):
        near(sums[count], exact_V, atol=1e-5)
    again_V = guarded(torch.ones(33))
    with_threads(2, lambda: vocabulary(*given, again_V))
    assert again_V.equal(sums[2]), "the same number of threads gives the same bits"
