"""Translation in bfloat16 on a processor. I input, O output."""

from __future__ import annotations

from torch import Tensor

from nmt.kernels.product import PackedProduct
from nmt.models.weight_products import WeightProducts

Packed = tuple[PackedProduct, Tensor | None]


class Bfloat16Products(WeightProducts):
    """Products in bfloat16, whatever comes in, as by autocast, which makes bfloat16 of the weights at each step."""

    def pack(self, weight_OI: Tensor, bias_O: Tensor | None) -> Packed:
        return PackedProduct(weight_OI.bfloat16().t()), None if bias_O is None else bias_O.detach().bfloat16()

    def multiply(self, x: Tensor, packed: Packed) -> Tensor:
        product, bias_O = packed
        return product(x.bfloat16().flatten(0, -2), bias_O).unflatten(0, x.shape[:-1])
