"""Products of several matrices with the same weights. M rows, I inputs, O outputs."""

from __future__ import annotations

from functools import cache, cached_property

import torch
from torch import Tensor

from nmt.kernels.kernels import find_kernel, take_kernel

BFLOAT16 = torch.empty(0, dtype=torch.bfloat16)
"""What 8-bit products take and give, to find their loops by."""

SIDE = 32
"""Both sides of packed weights are filled with zeros up to a multiple of it, the inputs of 8-bit ones to one of 64."""

LEVELS = 127
"""The largest of the 8-bit numbers; the smallest is -127."""


class PackedProduct:
    """x W + add for many x (M, I), one after the other.

    Where `has_products`, W is packed once; PyTorch packs it for every product.
    """

    def __init__(self, weight_IO: Tensor) -> None:
        self.weight_IO = weight_IO
        packs = has_products(weight_IO) and len(weight_IO) > 0
        self.product = find_kernel("product", weight_IO) if packs else None
        if self.product is None:
            return
        transposed = not weight_IO.is_contiguous()
        matrix = (weight_IO.t() if transposed else weight_IO).contiguous()
        self.packed = matrix.new_empty([up_to(SIDE, size) for size in weight_IO.shape])
        pack = take_kernel("pack", weight_IO)
        pack(*weight_IO.shape, int(transposed), matrix, self.packed)

    def __call__(self, x_MI: Tensor, add: Tensor | None = None, out: Tensor | None = None) -> Tensor:
        """(M, O) in `out`, or in a new tensor; `add` is (O) or (M, O)."""
        if self.product is not None:
            inputs, outputs = self.weight_IO.shape
            out = x_MI.new_empty(len(x_MI), outputs) if out is None else out
            step = 0 if add is None or add.dim() == 1 else outputs
            self.product(len(x_MI), inputs, outputs, step, x_MI.contiguous(), self.packed, add, out)
            return out
        if add is None:
            return torch.mm(x_MI, self.weight_IO, out=out)
        return torch.addmm(add, x_MI, self.weight_IO, out=out)


class PackedLinear:
    """The products of a linear layer with W (O, I): x W^T + add, and on the way back dy W + add.

    Each is packed at its first use.
    """

    def __init__(self, weight_OI: Tensor) -> None:
        self.weight_OI = weight_OI

    @cached_property
    def forward(self) -> PackedProduct:
        """(M, O) from (M, I)."""
        return PackedProduct(self.weight_OI.t())

    @cached_property
    def backward(self) -> PackedProduct:
        """(M, I) from (M, O)."""
        return PackedProduct(self.weight_OI)


def product_over_rows(y_RO: Tensor, x_RI: Tensor, total_OI: Tensor | None = None) -> Tensor:
    """y^T x (O, I), which is what the gradient of a weight is; added to `total_OI` if that is given.

    Where `has_products` it is float32, else of the type of y and x. In bfloat16 PyTorch would generate code for every
    number of rows, which takes longer than the product.
    """
    alike = y_RO.dtype == x_RI.dtype and len(y_RO) > 0 and (total_OI is None or total_OI.dtype == torch.float32)
    if not alike or not has_products(y_RO):
        product_OI = y_RO.t() @ x_RI
        return product_OI if total_OI is None else total_OI.add_(product_OI)
    (rows, outputs), inputs = y_RO.shape, x_RI.size(1)
    result_OI = y_RO.new_empty(outputs, inputs, dtype=torch.float32) if total_OI is None else total_OI
    packed = x_RI.new_empty(up_to(SIDE, rows), up_to(SIDE, inputs))
    given = y_RO.contiguous(), x_RI.contiguous(), packed, result_OI
    take_kernel("product_over_rows", y_RO)(rows, outputs, inputs, int(total_OI is not None), *given)
    return result_OI


class Int8Product:
    """x W + b for many x (M, I) in bfloat16, by 8-bit numbers, added up in 32 bits.

    W has a scale for each output and x one for each row, which make the largest number of it 127; then x is made 128
    larger, for processors multiply with numbers from 0. Only where `has_products` in bfloat16.
    """

    def __init__(self, weight_IO: Tensor, bias_O: Tensor | None) -> None:
        self.inputs, self.outputs = weight_IO.shape
        self.product = take_kernel("product_int8", BFLOAT16)
        self.scale_O = weight_IO.float().abs().amax(0).clamp(min=1e-12) / LEVELS
        self.bias_O = torch.zeros_like(self.scale_O) if bias_O is None else bias_O.float().contiguous()
        whole_OI = (weight_IO / self.scale_O).round().to(torch.int8).t().contiguous()
        self.shift_O = 128 * whole_OI.sum(1, dtype=torch.int32)
        self.packed = whole_OI.new_empty(up_to(SIDE, self.outputs), up_to(2 * SIDE, self.inputs))
        take_kernel("pack_int8", BFLOAT16)(self.inputs, self.outputs, whole_OI, self.packed)

    def __call__(self, x_MI: Tensor) -> Tensor:
        """(M, O)."""
        result_MO = x_MI.new_empty(len(x_MI), self.outputs)
        given = x_MI.contiguous(), self.packed, self.shift_O, self.scale_O, self.bias_O, result_MO
        self.product(len(x_MI), self.inputs, self.outputs, *given)
        return result_MO


def up_to(unit: int, size: int) -> int:
    """The multiple of `unit` that holds `size`."""
    return -(-size // unit) * unit


def has_products(like: Tensor) -> bool:
    """Whether products of numbers of this type are our own here: compiled loops are used, and the processor multiplies
    bfloat16 in tiles (AMX) or vectors (AVX-512), which we may; float32 in vectors, and PyTorch's are slower there."""
    return find_kernel("grant_products", like) is not None and _granted(like.dtype)


@cache
def _granted(dtype: torch.dtype) -> bool:
    granted = torch.zeros(1, dtype=torch.int32)
    take_kernel("grant_products", torch.empty(0, dtype=dtype))(granted)
    return bool(granted)
