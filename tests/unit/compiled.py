"""Compiled loops called by their names, with memory around their tensors that nothing may read or touch."""

from __future__ import annotations

import ctypes
import math
import re

import pytest
import torch

from nmt.kernels import kernels
from nmt.kernels.build import SOURCE, load_library
from nmt.kernels.kernels import find_kernel
from nmt.kernels.product import BFLOAT16, has_products

TYPES = [torch.float32, torch.bfloat16]
DIMS = [1, 15, 16, 17, 500]
"""Widths around sixteen, and a wide one that is no multiple of it."""

ROUNDING = {torch.float32: 1e-6, torch.bfloat16: 2**-8 + 1e-5}
"""Largest relative error of one result that is stored; intermediate results are float32."""

CURVES = {torch.float32: 0.0, torch.bfloat16: 2e-4}
"""Largest relative error of exp, sigmoid and tanh beyond that, in loops on numbers of a type."""

GUARD = 40
PRODUCTS = frozenset({"grant_products", "pack", "product", "product_over_rows"})
needs_products = pytest.mark.skipif(
    not has_products(BFLOAT16), reason="this processor has neither AMX nor bfloat16 in AVX-512, or there is no g++"
)
needs_compiler = pytest.mark.skipif(load_library() is None, reason="there is no g++, so there are no compiled loops")


def signature(name):
    """The types of a loop's arguments, by its source."""
    source = "".join(path.read_text(encoding="utf-8") for path in sorted(SOURCE.glob("*.h")))
    found = re.search(rf'extern "C" void (?:NAME\({name}\)|{name}_bfloat16)\(([^)]*)\)', source)
    kinds = {"long": ctypes.c_long, "float": ctypes.c_float}
    return [ctypes.c_void_p if "*" in one else kinds[one.split()[0]] for one in found[1].split(",")]


def run(name, like, *arguments):
    """Calls a loop, and sees that the arguments are of its types and nothing behind the end of a tensor was touched."""
    kernel = find_kernel(name, torch.empty(0, dtype=like))
    assert kernel is not None
    assert [kernels._kind(argument) for argument in arguments] == signature(name)
    kernel(*arguments)
    for tensor in arguments:
        if isinstance(tensor, torch.Tensor) and tensor.is_floating_point():
            whole = torch.empty(0, dtype=tensor.dtype).set_(tensor.untyped_storage())
            assert whole[tensor.numel() :].isnan().all(), f"{name} wrote behind the end"


def room(*shape, dtype=torch.float32):
    """NaN, in the tensor and behind it: what is not written shows, and so does what is read behind an end."""
    size = math.prod(shape)
    return torch.full((size + GUARD,), math.nan, dtype=dtype)[:size].view(shape)


def guarded(tensor, dtype=torch.float32):
    """The same numbers, NaN behind them."""
    return room(*tensor.shape, dtype=dtype).copy_(tensor)


def numbers(*shape, dtype=torch.float32, scale=1.0):
    """Random, NaN behind them."""
    return guarded(torch.randn(shape) * scale, dtype)


def near(found, expected, atol=1e-6, factor=1.0, like=None):
    """Equal to float64 `expected` but for the rounding of the type of `found`; where loops on numbers of type `like`
    compute exp, sigmoid or tanh, but for these curves too; NaN where it is NaN."""
    rounding, curves = ROUNDING[found.dtype], CURVES[like or torch.float32]
    size = expected[expected.isfinite()].abs().amax() if expected.isfinite().any() else 0.0
    torch.testing.assert_close(
        found.double(), expected, rtol=factor * rounding + curves, atol=atol + curves * float(size), equal_nan=True
    )


def watch_calls(monkeypatch, ignored=frozenset({"grant_products"})):
    """The names of the loops that are called from now on."""
    called, find = set(), kernels._find

    def watched(name, dtype):
        kernel = find(name, dtype)
        if kernel is None or name in ignored:
            return kernel
        return lambda *arguments: (called.add(name), kernel(*arguments))

    monkeypatch.setattr(kernels, "_find", watched)
    return called


def no_number_is_hidden(found, expected, bad):
    """What is no number by the equations is none; row 1 was given the bad number, rows 0 and 2 do not feel it."""
    for mine, other in zip(found, expected, strict=True):
        wrong = ~other.to(mine.dtype).isfinite()
        assert not mine[wrong].isfinite().any()
        assert mine[0::2].isfinite().all()
        if math.isnan(bad):
            assert mine.isnan().equal(wrong)


def same_with_threads(compute):
    """The same bits by one thread and by two."""
    one, two = with_threads(1, compute), with_threads(2, compute)
    assert all(left.equal(right) for left, right in zip(one, two, strict=True))


def with_threads(count, compute):
    """What `compute` gives with this number of threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        return compute()
    finally:
        torch.set_num_threads(before)
