"""Linear layers by products of our own against float64, and where PyTorch's are used."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from nmt.kernels.kernels import use_kernels
from nmt.nn.linear import ROWS, Linear, linear

from .compiled import needs_products, watch_calls

BFLOAT16 = torch.bfloat16
STEPS, INPUTS, OUTPUTS = ROWS // 4, 40, 70


def tensors(seed=0, dtype=torch.float32):
    """x of as many rows as are worth it, a weight, a bias, and the gradient of the result."""
    torch.manual_seed(seed)
    sizes = (4, STEPS, INPUTS), (OUTPUTS, INPUTS), (OUTPUTS,), (4, STEPS, OUTPUTS)
    *inputs, dy = (torch.randn(size).to(BFLOAT16).to(dtype) for size in sizes)
    return [tensor.requires_grad_() for tensor in inputs], dy


def found(inputs, dy, like):
    """The result and the gradients; bfloat16 is by autocast."""
    with torch.autocast("cpu", BFLOAT16, enabled=like == BFLOAT16):
        y = linear(*inputs)
    return [y, *torch.autograd.grad(y, inputs, dy.to(y.dtype))]


@pytest.mark.parametrize("of_bfloat16", [False, True])
def test_result_and_gradients(of_bfloat16, like, monkeypatch):
    if of_bfloat16 and like != BFLOAT16:
        pytest.skip("PyTorch does not multiply bfloat16 with float32")
    called = watch_calls(monkeypatch)
    inputs, dy = tensors()
    if of_bfloat16:
        inputs[0] = inputs[0].detach().to(BFLOAT16).requires_grad_()
    mine = found(inputs, dy, like)
    assert called == {"pack", "product", "product_over_rows"}
    exact = [tensor.detach().double().requires_grad_() for tensor in inputs]
    y = exact[0] @ exact[1].t() + exact[2]
    expected = [y.detach(), *torch.autograd.grad(y, exact, dy.double())]
    close = 2**-8 if like == BFLOAT16 else 1e-6
    for got, want in zip(mine, expected, strict=True):
        torch.testing.assert_close(got.double(), want, rtol=close, atol=close * want.abs().amax().item())
    assert [got.dtype for got in mine] == [like, inputs[0].dtype, torch.float32, torch.float32]
    want_OI = torch.einsum("mno,mni->oi", dy.double(), exact[0].double())
    torch.testing.assert_close(mine[2].double(), want_OI, rtol=1e-5, atol=1e-4)


@needs_products
def test_parts_of_a_weight_and_no_bias():
    """As where a cell's input is multiplied by the first columns alone; the others have a gradient of 0."""
    (x, weight_OI, _), dy = tensors()
    x_part = x.detach()[..., 8:]
    with torch.autocast("cpu", BFLOAT16):
        y = linear(x_part, weight_OI[:, 8:])
    (mine_OI,) = torch.autograd.grad(y, weight_OI, dy.to(BFLOAT16))
    want_OI = torch.einsum("mno,mni->oi", dy.double(), x_part.double())
    torch.testing.assert_close(mine_OI[:, 8:].double(), want_OI, rtol=1e-5, atol=1e-4)
    assert not mine_OI[:, :8].any()


@needs_products
@pytest.mark.parametrize("frozen", [0, 1, 2])
def test_what_needs_no_gradient_gets_none(frozen):
    inputs, dy = tensors()
    inputs[frozen].requires_grad_(False)
    with torch.autocast("cpu", BFLOAT16):
        linear(*inputs).backward(dy.to(BFLOAT16))
    assert [tensor.grad is not None for tensor in inputs] == [place != frozen for place in range(3)]


def test_where_pytorch_computes(monkeypatch):
    """In float16 and float64, without gradients, for few rows, and where compiled loops are switched off."""
    called = watch_calls(monkeypatch)
    inputs, dy = tensors()
    with torch.autocast("cpu", BFLOAT16):
        with torch.no_grad():
            assert linear(*inputs).equal(F.linear(*inputs))
        few = [inputs[0][:, 1:], *inputs[1:]]
        assert linear(*few).equal(F.linear(*few))
        row = [inputs[0][0, 0], *inputs[1:]]
        assert linear(*row).equal(F.linear(*row))
        assert linear(torch.zeros(5, 0), torch.zeros(7, 0)).equal(torch.zeros(5, 7, dtype=BFLOAT16))
        use_kernels(False)
        mine = linear(*inputs)
        use_kernels(True)
        assert mine.equal(F.linear(*inputs))
    with torch.autocast("cpu", torch.float16):
        assert linear(*inputs).dtype == torch.float16
    use_kernels(False)
    mine = linear(*inputs)
    use_kernels(True)
    assert mine.equal(F.linear(*inputs))
    precise, _ = tensors(dtype=torch.float64)
    assert linear(*precise).dtype == torch.float64
    for place, other in ((0, BFLOAT16), (2, torch.float64)):
        mixed = [tensor.to(other) if number == place else tensor for number, tensor in enumerate(inputs)]
        with pytest.raises(RuntimeError, match="same dtype|must have the same|expected"):
            linear(*mixed)
    assert not called & {"pack", "product", "product_over_rows"}


@needs_products
def test_a_layer():
    (x, *_), dy = tensors()
    layer = Linear(INPUTS, OUTPUTS)
    with torch.autocast("cpu", BFLOAT16):
        y, other = layer(x), F.linear(x, layer.weight, layer.bias)
    torch.testing.assert_close(y, other, rtol=2**-7, atol=2**-7)
    y.backward(dy.to(BFLOAT16))
    assert layer.weight.grad is not None and layer.weight.grad.dtype == torch.float32


@needs_products
def test_what_changed_in_between_is_seen():
    """Autograd tells of an input that was changed in place, and of gradients of gradients."""
    inputs, dy = tensors()
    x = inputs[0].detach().to(BFLOAT16)
    with torch.autocast("cpu", BFLOAT16):
        y = linear(x, *inputs[1:])
        again = linear(*inputs)
    x.zero_()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward(dy.to(BFLOAT16))
    with pytest.raises(RuntimeError, match="no gradients of gradients"):
        torch.autograd.grad(again, inputs, dy.to(BFLOAT16), create_graph=True)
