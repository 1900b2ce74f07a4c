"""The compiled loop of the loss, and products of packed weights, against float64."""

from __future__ import annotations

import math

import pytest
import torch

from nmt.kernels.kernels import use_kernels
from nmt.kernels.product import PackedProduct, has_tiles

from .compiled import TYPES, guarded, near, needs_compiler, needs_tiles, numbers, room, run, with_threads

NAN, INF = math.nan, math.inf
BFLOAT16 = torch.bfloat16


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


def weight(inputs, outputs, layout, like=BFLOAT16):
    """W (I, O): rows of the inputs, or of the outputs as in a Linear layer."""
    if layout == "rows of inputs":
        return numbers(inputs, outputs, dtype=like, scale=inputs**-0.5)
    return numbers(outputs, inputs, dtype=like, scale=inputs**-0.5).t()


def check(product, weight_IO, rows, kind):
    inputs, outputs = weight_IO.shape
    like = weight_IO.dtype
    x_MI, out = numbers(rows, inputs, dtype=like), room(rows, outputs, dtype=like)
    shape = {"none": None, "bias": (outputs,), "matrix": (rows, outputs)}[kind]
    add = None if shape is None else numbers(*shape, dtype=like)
    expected = x_MI.double() @ weight_IO.double() + (0 if add is None else add.double())
    near(product(x_MI, add), expected, atol=1e-5)
    assert product(x_MI, add, out) is out
    near(out, expected, atol=1e-5)
    whole = torch.empty(0, dtype=like).set_(out.untyped_storage())
    assert whole[out.numel() :].isnan().all()


@pytest.mark.parametrize("like", TYPES)
@pytest.mark.parametrize("layout", ["rows of inputs", "rows of outputs"])
@pytest.mark.parametrize("kind", ["none", "bias", "matrix"])
@pytest.mark.parametrize("shape", [(32, 32), (64, 96), (512, 32), (500, 1500), (32, 33), (1, 1)], ids=str)
def test_products(shape, kind, layout, like):
    """Packed where the processor has tiles, by PyTorch elsewhere; any sizes, zeros fill up the tiles."""
    weight_IO = weight(*shape, layout, like)
    product = PackedProduct(weight_IO)
    assert (product.product is not None) == (has_tiles() and like == BFLOAT16)
    for rows in (1, 31, 32, 33, 70):
        check(product, weight_IO, rows, kind)


@needs_tiles
def test_packed_weights_with_any_number_of_rows():
    weight_IO = weight(96, 64, "rows of outputs")
    product = PackedProduct(weight_IO)
    for rows in range(1, 71):
        check(product, weight_IO, rows, "matrix")


@needs_tiles
@pytest.mark.parametrize("outputs, skipped", [(2048, 0), (2048, 1), (2050, 0)])
def test_results_larger_than_the_cache(outputs, skipped):
    """They are written past it where rows begin at lines of 64 bytes."""
    weight_IO, x_MI = weight(40, outputs, "rows of outputs"), numbers(1100, 40, dtype=BFLOAT16)
    out = room(skipped + 1100 * outputs, dtype=BFLOAT16)[skipped:].view(1100, outputs)
    bias_O = numbers(outputs, dtype=BFLOAT16)
    PackedProduct(weight_IO)(x_MI, bias_O, out)
    near(out, x_MI.double() @ weight_IO.double() + bias_O.double(), atol=1e-5)


@needs_tiles
def test_packed_weights_are_those_of_the_moment():
    """They are a copy: a product is made anew after an update."""
    weight_IO = weight(32, 64, "rows of inputs")
    product, x_MI = PackedProduct(weight_IO), numbers(3, 32, dtype=BFLOAT16)
    before = product(x_MI)
    weight_IO.zero_()
    assert product(x_MI).equal(before)
    assert not PackedProduct(weight_IO)(x_MI).any()


@needs_tiles
def test_a_row_of_x_that_is_a_part_of_a_longer_one():
    weight_IO, x_MI = weight(32, 64, "rows of inputs"), numbers(5, 96, dtype=BFLOAT16)
    product = PackedProduct(weight_IO)
    for part in x_MI.chunk(3, -1):
        assert product(part).equal(product(part.contiguous()))


@needs_tiles
@pytest.mark.parametrize("rows", [5, 40])
def test_nan_in_a_packed_product_comes_out(rows):
    weight_IO, x_MI = weight(64, 96, "rows of inputs"), numbers(rows, 64, dtype=BFLOAT16)
    x_MI[rows - 1, 63] = NAN
    assert PackedProduct(weight_IO)(x_MI).isnan().all(1).tolist() == [False] * (rows - 1) + [True]
    bad_IO = guarded(weight_IO, BFLOAT16)
    bad_IO[63, 95] = NAN
    assert PackedProduct(bad_IO)(x_MI)[: rows - 1].isnan().all(0).tolist() == [False] * 95 + [True]


@needs_tiles
def test_threads_change_no_bit_of_a_packed_product():
    weight_IO, x_MI, bias_O = (
        weight(64, 160, "rows of inputs"),
        numbers(70, 64, dtype=BFLOAT16),
        numbers(160, dtype=BFLOAT16),
    )

    def compute():
        return PackedProduct(weight_IO)(x_MI, bias_O)

    one = with_threads(1, compute)
    assert all(with_threads(count, compute).equal(one) for count in (2, 3))


def test_without_loops_products_are_those_of_pytorch():
    weight_IO, x_MI, bias_O = (
        weight(32, 64, "rows of outputs"),
        numbers(3, 32, dtype=BFLOAT16),
        numbers(64, dtype=BFLOAT16),
    )
    use_kernels(False)
    product = PackedProduct(weight_IO)
    use_kernels(True)
    assert product.product is None
    assert product(x_MI, bias_O).equal(torch.addmm(bias_O, x_MI, weight_IO))
