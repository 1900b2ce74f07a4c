"""Products over rows, which gradients of weights are, against float64."""

from __future__ import annotations

import math

import pytest
import torch

from nmt.kernels.kernels import take_kernel, use_kernels
from nmt.kernels.product import product_over_rows

from .compiled import TYPES, guarded, near, needs_products, numbers, room, run, watch_calls, with_threads

BFLOAT16 = torch.bfloat16
SIZES = [(1, 1, 1), (31, 33, 40), (32, 32, 32), (33, 64, 31), (70, 15, 97), (200, 300, 64), (5, 700, 3)]
"""Rows, outputs and inputs; more outputs than a panel among them."""


def by_kernel(y_RO, x_RI, total_OI=None):
    (rows, outputs), inputs = y_RO.shape, x_RI.size(1)
    result_OI = room(outputs, inputs) if total_OI is None else total_OI
    packed = room(-(-rows // 32) * 32, -(-inputs // 32) * 32, dtype=x_RI.dtype)
    run(
        "product_over_rows", x_RI.dtype, rows, outputs, inputs, int(total_OI is not None), y_RO, x_RI, packed, result_OI
    )
    return result_OI


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_loop(size, like):
    rows, outputs, inputs = size
    y_RO, x_RI = numbers(rows, outputs, dtype=like), numbers(rows, inputs, dtype=like)
    product, total_OI = y_RO.double().t() @ x_RI.double(), numbers(outputs, inputs)
    expected = total_OI.double() + product
    near(by_kernel(y_RO, x_RI), product, atol=1e-5 * rows)
    near(by_kernel(y_RO, x_RI, total_OI), expected, atol=1e-5 * rows)


@pytest.mark.parametrize("rows, inputs, skipped", [(5000, 1000, 0), (40, 1088, 0), (40, 1088, 1), (40, 1090, 0)])
def test_large_ones(rows, inputs, skipped, like):
    """Rows in parts; results written past the cache, where their rows begin at lines of 64 bytes, or not."""
    y_RO, x_RI = numbers(rows, 1000, dtype=like), numbers(rows, inputs, dtype=like)
    result_OI = room(skipped + 1000 * inputs)[skipped:].view(1000, inputs)
    packed = room(-(-rows // 32) * 32, -(-inputs // 32) * 32, dtype=like)
    take_kernel("product_over_rows", y_RO)(rows, 1000, inputs, 0, y_RO, x_RI, packed, result_OI)
    near(result_OI, y_RO.double().t() @ x_RI.double(), atol=1e-6 * rows)


def test_every_row_counts_once(like):
    """Ones in one row of each: what stands beside whole tiles is not left out, nor counted twice."""
    for rows in range(1, 70):
        y_RO, x_RI = guarded(torch.zeros(rows, 33), like), guarded(torch.zeros(rows, 34), like)
        y_RO[rows - 1, 32], x_RI[rows - 1, 33] = 1, 3
        found_OI = by_kernel(y_RO, x_RI)
        assert (found_OI[32, 33], found_OI.count_nonzero()) == (3, 1)


def test_nan_comes_out(like):
    y_RO, x_RI = numbers(40, 64, dtype=like), numbers(40, 32, dtype=like)
    y_RO[39, 63] = math.nan
    assert by_kernel(y_RO, x_RI).isnan().all(1).tolist() == [False] * 63 + [True]


def test_threads_change_no_bit(like):
    y_RO, x_RI = numbers(100, 700, dtype=like), numbers(100, 64, dtype=like)
    one = with_threads(1, lambda: by_kernel(y_RO, x_RI))
    assert all(with_threads(count, lambda: by_kernel(y_RO, x_RI)).equal(one) for count in (2, 3))


@needs_products
def test_precise_where_it_is_compiled(monkeypatch):
    """Float32 comes of bfloat16, whatever lies between the rows; without compiled loops bfloat16."""
    called = watch_calls(monkeypatch)
    y_RO, x_RI = numbers(40, 96, dtype=BFLOAT16)[:, 32:], numbers(40, 64, dtype=BFLOAT16)[:, :33]
    found_OI = product_over_rows(y_RO, x_RI)
    assert "product_over_rows" in called and found_OI.dtype == torch.float32
    near(found_OI, y_RO.double().t() @ x_RI.double(), atol=1e-5)
    use_kernels(False)
    rounded_OI = product_over_rows(y_RO, x_RI)
    use_kernels(True)
    assert rounded_OI.equal(y_RO.t() @ x_RI) and rounded_OI.dtype == BFLOAT16


@pytest.mark.parametrize("dtype", [*TYPES, torch.float64])
def test_a_sum_of_products(dtype):
    total_OI = torch.randn(7, 5, dtype=torch.float64 if dtype == torch.float64 else torch.float32)
    y_RO, x_RI = torch.randn(6, 7).to(dtype), torch.randn(6, 5).to(dtype)
    expected = total_OI.double() + y_RO.double().t() @ x_RI.double()
    assert product_over_rows(y_RO, x_RI, total_OI) is total_OI
    torch.testing.assert_close(total_OI.double(), expected, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("dtype", [*TYPES, torch.float64])
def test_no_rows(dtype):
    """An empty sum is 0, and what was there stays."""
    y_RO, x_RI = torch.zeros(0, 7, dtype=dtype), torch.zeros(0, 5, dtype=dtype)
    total_OI = torch.randn(7, 5)
    assert product_over_rows(y_RO, x_RI).equal(torch.zeros(7, 5, dtype=dtype))
    if dtype != torch.float64:
        assert product_over_rows(y_RO, x_RI, total_OI.clone()).equal(total_OI)


@needs_products
def test_a_total_in_bfloat16_is_added_to_by_pytorch():
    y_RO, x_RI, total_OI = (torch.randn(size).to(BFLOAT16) for size in ((40, 7), (40, 5), (7, 5)))
    expected = total_OI + y_RO.t() @ x_RI
    assert product_over_rows(y_RO, x_RI, total_OI).equal(expected)
