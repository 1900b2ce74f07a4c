"""Products of 8-bit numbers: against the same arithmetic with Python's integers, and what they leave alone."""

import pytest
import torch

from nmt.kernels.kernels import use_kernels
from nmt.kernels.product import Int8Product
from nmt.models.int8_products import Int8Products
from nmt.nn.linear import Linear, linear

from .compiled import needs_products


@pytest.fixture
def without_products():
    """As on a processor where products are PyTorch's."""
    use_kernels(False)


def by_hand(x, weight, bias):
    """x and weight as integers: one scale for x, whose range holds 0, on 0..127; one for each row of the weight."""
    low, high = min(0.0, min(map(min, x))), max(0.0, max(map(max, x)))
    step = (high - low) / 127
    zero = round(-low / step)
    x_ints = [[min(127, max(0, round(value / step) + zero)) - zero for value in row] for row in x]
    result = []
    for row in x_ints:
        result.append([])
        for weights, shift in zip(weight, bias, strict=True):
            scale = max(map(abs, weights)) / 127
            ints = [round(value / scale) for value in weights]
            whole = sum(a * b for a, b in zip(row, ints, strict=True))
            result[-1].append(whole * step * scale + shift)
    return torch.tensor(result)


def test_a_product_is_that_of_integers(without_products):
    layer, x = Linear(24, 10), 3 * torch.randn(5, 24) + 1
    with torch.inference_mode(), Int8Products(layer).at_work():
        found, again = layer(x), linear(x, layer.weight, layer.bias)
    expected = by_hand(x.tolist(), layer.weight.tolist(), layer.bias.tolist())
    assert torch.allclose(found, expected, atol=0.03)
    assert torch.equal(found, again)
    assert (found - layer(x)).abs().max() > 1e-4
    assert torch.allclose(found, layer(x), atol=0.3)


def test_each_part_of_a_weight_is_a_weight_of_its_own(without_products):
    layer, x = Linear(8, 12), torch.randn(3, 8)
    upper, lower = layer.weight.split(6)
    with torch.inference_mode(), Int8Products(layer).at_work():
        parts = [linear(x, upper), linear(x, lower), linear(x[:, :4], layer.weight[:, 4:], layer.bias)]
    exact = [x @ upper.t(), x @ lower.t(), x[:, :4] @ layer.weight[:, 4:].t() + layer.bias]
    assert all(torch.allclose(*pair, atol=0.1) for pair in zip(parts, exact, strict=True))


def test_no_other_product_is_touched():
    layer, other, x = Linear(8, 4), Linear(8, 4), torch.randn(3, 8)
    with torch.inference_mode():
        exact = [other(x), x.double() @ layer.weight.double().t(), x @ layer.weight.t()]
        with Int8Products(layer).at_work():
            found = [other(x), linear(x.double(), layer.weight.double()), x @ layer.weight.t()]
    assert all(torch.equal(*pair) for pair in zip(found, exact, strict=True))


@needs_products
@pytest.mark.parametrize(
    "shape", [(1, 1, 1), (5, 64, 32), (33, 100, 70), (40, 512, 96), (2, 63, 33), (40, 5000, 70)], ids=str
)
@pytest.mark.parametrize("has_bias", [True, False])
def test_a_product_of_our_own_is_that_of_integers(shape, has_bias):
    """One scale for each row of x and for each output, the largest number 127; sums are exact."""
    rows, inputs, outputs = shape
    x, weight = (3 * torch.randn(rows, inputs)).bfloat16(), torch.randn(inputs, outputs)
    bias = torch.randn(outputs) if has_bias else None
    found = Int8Product(weight, bias)(x)
    step_M1, scale_O = x.double().abs().amax(1, keepdim=True) / 127, weight.double().abs().amax(0) / 127
    whole = (x.double() / step_M1).round() @ (weight.double() / scale_O).round()
    expected = whole * step_M1 * scale_O + (0 if bias is None else bias.double())
    slack = 0.02 * float(expected.abs().max())  # a number halfway between two may go either way
    torch.testing.assert_close(found.double(), expected, rtol=2**-8, atol=slack)
    assert (found.double() - expected).abs().mean() < 0.003 * float(expected.abs().max() + 1e-9)


@needs_products
def test_a_row_does_not_depend_on_the_others():
    product, x = Int8Product(torch.randn(100, 60), torch.randn(60)), torch.randn(37, 100).bfloat16()
    together, large = product(x), product(torch.cat([x, 100 * x]))
    assert together.equal(large[:37])
    assert all(product(row[None])[0].equal(expected) for row, expected in zip(x, together, strict=True))


@needs_products
def test_nothing_and_nan():
    x = torch.zeros(3, 70).bfloat16()
    x[1, 69], x[2] = float("nan"), 1
    weight = torch.randn(70, 40)
    weight[:, 5] = 0
    found = Int8Product(weight, torch.full((40,), 2.0))(x)
    assert (found[0] == 2).all()
    assert found[1].isnan().all()
    assert found[2, 5] == 2


@needs_products
def test_search_takes_parts_of_weights():
    layer, x = Linear(64, 12), torch.randn(2, 3, 64)
    upper, lower = layer.weight.split(6)
    products = Int8Products(layer)
    assert products.precision == "bf16"
    with torch.inference_mode(), products.at_work():
        parts = [linear(x, upper), linear(x, lower, layer.bias[6:]), layer(x)]
    exact = [x @ upper.t(), x @ lower.t() + layer.bias[6:], x @ layer.weight.t() + layer.bias]
    for found, expected in zip(parts, exact, strict=True):
        assert found.shape == expected.shape
        assert torch.allclose(found.float(), expected, atol=0.05)


def test_only_on_a_processor():
    with pytest.raises(Exception, match="^--int8: only on a processor"):
        Int8Products(Linear(2, 2, device="meta"))
