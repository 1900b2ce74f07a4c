"""Products of 8-bit numbers: against the same arithmetic with Python's integers, and what they leave alone."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from nmt.models.int8_products import Int8Products


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


def test_a_product_is_that_of_integers():
    layer, x = nn.Linear(24, 10), 3 * torch.randn(5, 24) + 1
    with torch.inference_mode(), Int8Products(layer):
        found, again = layer(x), F.linear(x, layer.weight, layer.bias)
    expected = by_hand(x.tolist(), layer.weight.tolist(), layer.bias.tolist())
    assert torch.allclose(found, expected, atol=0.03)
    assert torch.equal(found, again)
    assert (found - layer(x)).abs().max() > 1e-4
    assert torch.allclose(found, layer(x), atol=0.3)


def test_each_part_of_a_weight_is_a_weight_of_its_own():
    layer, x = nn.Linear(8, 12), torch.randn(3, 8)
    upper, lower = layer.weight.split(6)
    with torch.inference_mode(), Int8Products(layer):
        parts = [F.linear(x, upper), F.linear(x, lower), F.linear(x[:, :4], layer.weight[:, 4:], layer.bias)]
    exact = [x @ upper.t(), x @ lower.t(), x[:, :4] @ layer.weight[:, 4:].t() + layer.bias]
    assert all(torch.allclose(*pair, atol=0.1) for pair in zip(parts, exact, strict=True))


def test_no_other_product_is_touched():
    layer, other, x = nn.Linear(8, 4), nn.Linear(8, 4), torch.randn(3, 8)
    with torch.inference_mode():
        exact = [other(x), x.double() @ layer.weight.double().t(), x @ layer.weight.t()]
        with Int8Products(layer):
            found = [other(x), F.linear(x.double(), layer.weight.double()), x @ layer.weight.t()]
    assert all(torch.equal(*pair) for pair in zip(found, exact, strict=True))


def test_only_on_a_processor():
    with pytest.raises(Exception, match="^--int8: only on a processor"):
        Int8Products(nn.Linear(2, 2, device="meta"))
