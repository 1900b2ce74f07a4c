"""Products of packed weights against float64."""

from __future__ import annotations

import math

import pytest
import torch

from nmt.kernels.kernels import use_kernels
from nmt.kernels.product import PackedProduct

from .compiled import TYPES, guarded, near, numbers, room, with_threads

NAN = math.nan


def weight(inputs, outputs, layout, like):
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


@pytest.mark.parametrize("layout", ["rows of inputs", "rows of outputs"])
@pytest.mark.parametrize("kind", ["none", "bias", "matrix"])
@pytest.mark.parametrize("shape", [(32, 32), (64, 96), (512, 32), (500, 1500), (2500, 300), (32, 33), (1, 1)], ids=str)
def test_products(shape, kind, layout, like):
    """Any sizes: zeros fill up the blocks, and long rows are multiplied in parts."""
    weight_IO = weight(*shape, layout, like)
    product = PackedProduct(weight_IO)
    assert product.product is not None
    for rows in (1, 31, 32, 33, 70):
        check(product, weight_IO, rows, kind)


def test_packed_weights_with_any_number_of_rows(like):
    weight_IO = weight(96, 64, "rows of outputs", like)
    product = PackedProduct(weight_IO)
    for rows in range(1, 71):
        check(product, weight_IO, rows, "matrix")


@pytest.mark.parametrize("outputs, skipped", [(2048, 0), (2048, 1), (2050, 0)])
def test_results_larger_than_the_cache(outputs, skipped, like):
    """They are written past it where rows begin at lines of 64 bytes."""
    weight_IO, x_MI = weight(40, outputs, "rows of outputs", like), numbers(1100, 40, dtype=like)
    out = room(skipped + 1100 * outputs, dtype=like)[skipped:].view(1100, outputs)
    bias_O = numbers(outputs, dtype=like)
    PackedProduct(weight_IO)(x_MI, bias_O, out)
    near(out, x_MI.double() @ weight_IO.double() + bias_O.double(), atol=1e-5)


def test_no_inputs(like):
    """An empty sum is 0."""
    product, bias_O = PackedProduct(torch.zeros(0, 5, dtype=like)), torch.ones(5, dtype=like)
    assert product(torch.zeros(3, 0, dtype=like)).equal(torch.zeros(3, 5, dtype=like))
    assert product(torch.zeros(3, 0, dtype=like), bias_O).equal(torch.ones(3, 5, dtype=like))


def test_packed_weights_are_those_of_the_moment(like):
    """They are a copy: a product is made anew after an update."""
    weight_IO = weight(32, 64, "rows of inputs", like)
    product, x_MI = PackedProduct(weight_IO), numbers(3, 32, dtype=like)
    before = product(x_MI)
    weight_IO.zero_()
    assert product(x_MI).equal(before)
    assert not PackedProduct(weight_IO)(x_MI).any()


def test_a_row_of_x_that_is_a_part_of_a_longer_one(like):
    weight_IO, x_MI = weight(32, 64, "rows of inputs", like), numbers(5, 96, dtype=like)
    product = PackedProduct(weight_IO)
    for part in x_MI.chunk(3, -1):
        assert product(part).equal(product(part.contiguous()))


@pytest.mark.parametrize("rows", [5, 40])
def test_nan_in_a_packed_product_comes_out(rows, like):
    weight_IO, x_MI = weight(64, 96, "rows of inputs", like), numbers(rows, 64, dtype=like)
    x_MI[rows - 1, 63] = NAN
    assert PackedProduct(weight_IO)(x_MI).isnan().all(1).tolist() == [False] * (rows - 1) + [True]
    bad_IO = guarded(weight_IO, like)
    bad_IO[63, 95] = NAN
    assert PackedProduct(bad_IO)(x_MI)[: rows - 1].isnan().all(0).tolist() == [False] * 95 + [True]


def test_threads_change_no_bit_of_a_packed_product(like):
    weight_IO, x_MI, bias_O = (
        weight(64, 160, "rows of inputs", like),
        numbers(70, 64, dtype=like),
        numbers(160, dtype=like),
    )

    def compute():
        return PackedProduct(weight_IO)(x_MI, bias_O)

    one = with_threads(1, compute)
    assert all(with_threads(count, compute).equal(one) for count in (2, 3))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("layout", ["rows of inputs", "rows of outputs"])
@pytest.mark.parametrize("kind", ["none", "bias", "matrix"])
def test_without_loops_products_are_those_of_pytorch(kind, layout, dtype):
    weight_IO = weight(32, 64, layout, dtype)
    use_kernels(False)
    product = PackedProduct(weight_IO)
    use_kernels(True)
    assert product.product is None
    check(product, weight_IO, 3, kind)
    x_MI, bias_O = numbers(3, 32, dtype=dtype), numbers(64, dtype=dtype)
    assert product(x_MI, bias_O).equal(torch.addmm(bias_O, x_MI, weight_IO))
