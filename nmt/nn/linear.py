"""Linear layers. M rows of any leading shape, I inputs, O outputs."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nmt.kernels.product import PackedProduct, has_products, product_over_rows
from nmt.nn.by_hand import require_first_order
from nmt.nn.filling import Filled
from nmt.nn.products import products_at_work

ROWS = 256
"""So many rows are worth packing the weights for."""


class Linear(Filled, nn.Linear):
    """As PyTorch's, computed by `linear`."""

    def forward(self, input: Tensor) -> Tensor:
        return linear(input, self.weight, self.bias)


def linear(x: Tensor, weight_OI: Tensor, bias_O: Tensor | None = None) -> Tensor:
    """x W^T + b, (..., O) from (..., I), by the products at work where there are some.

    Many rows in training by products of our own where there are some, both ways. In bfloat16 PyTorch generates code
    for every number of rows that it has not seen lately, and a batch seldom has as many as another one. Of these
    products there are no gradients of gradients, nor a vmap.
    """
    products = products_at_work.get()
    if products is not None and (found := products.linear(x, weight_OI, bias_O)) is not None:
        return found
    if torch.is_grad_enabled() and x.numel() >= ROWS * max(x.size(-1), 1):
        dtype = _type_of_products(x, weight_OI, bias_O)
        if has_products(x.new_empty(0, dtype=dtype)):
            return _Linear.apply(x, weight_OI, bias_O, dtype)  # type: ignore[return-value]
    return F.linear(x, weight_OI, bias_O)


def for_products(x: Tensor) -> Tensor:
    """x in the type in which autocast computes products."""
    return x.to(dtype_for_products(x))


def dtype_for_products(x: Tensor) -> torch.dtype:
    """The type in which autocast computes products of x."""
    place = x.device.type
    able = torch.amp.is_autocast_available(place)
    casts = able and torch.is_autocast_enabled(place) and x.dtype == torch.float32
    return torch.get_autocast_dtype(place) if casts else x.dtype


def _type_of_products(*operands: Tensor | None) -> torch.dtype:
    """float64 where types are PyTorch's to judge."""
    types = {operand.dtype for operand in operands if operand is not None}
    on_processor = all(operand.device.type == "cpu" for operand in operands if operand is not None)
    if on_processor and torch.float64 not in types and torch.is_autocast_enabled("cpu"):
        return torch.get_autocast_dtype("cpu")
    return types.pop() if len(types) == 1 else torch.float64


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight_OI: Tensor, bias_O: Tensor | None, dtype: torch.dtype) -> Tensor:
        x_MI, bias_O = x.to(dtype).reshape(-1, x.size(-1)), None if bias_O is None else bias_O.to(dtype)
        weight_OI = weight_OI.to(dtype)
        ctx.save_for_backward(x_MI, weight_OI)
        return PackedProduct(weight_OI.t())(x_MI, bias_O).view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        """Gradients of the input, the weight, in float32, and the bias; autograd makes them of their types."""
        require_first_order()
        x_MI, weight_OI = ctx.saved_tensors
        dy_MO = grads[0].reshape(-1, grads[0].size(-1)).contiguous()
        needs_x, needs_weight, needs_bias, _ = ctx.needs_input_grad
        dx = PackedProduct(weight_OI)(dy_MO).view(*grads[0].shape[:-1], -1) if needs_x else None
        dweight_OI = product_over_rows(dy_MO, x_MI) if needs_weight else None
        return dx, dweight_OI, dy_MO.sum(0) if needs_bias else None, None
