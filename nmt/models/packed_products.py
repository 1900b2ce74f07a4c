"""Translation on a processor with weights packed once for products of our own. I input, O output."""

from __future__ import annotations

import torch
from torch import Tensor

from nmt.kernels.product import PackedProduct, has_products
from nmt.models.ensemble import Ensemble
from nmt.models.seq2seq import Seq2Seq
from nmt.models.weight_products import WeightProducts

Packed = tuple[PackedProduct, Tensor | None]


class PackedProducts(WeightProducts):
    """Products of numbers of one type, whatever comes in. In bfloat16 as by autocast, which makes bfloat16 of the
    weights at each step."""

    def __init__(self, model: Seq2Seq | Ensemble, dtype: torch.dtype = torch.bfloat16) -> None:
        super().__init__(model)
        self.dtype = dtype

    def pack(self, weight_OI: Tensor, bias_O: Tensor | None) -> Packed:
        bias_O = None if bias_O is None else bias_O.detach().to(self.dtype)
        return PackedProduct(weight_OI.to(self.dtype).t()), bias_O

    def multiply(self, x: Tensor, packed: Packed) -> Tensor:
        product, bias_O = packed
        return product(x.to(self.dtype).flatten(0, -2), bias_O).unflatten(0, x.shape[:-1])

    def rows_stand_alone(self, packed: Packed) -> bool:
        return packed[0].product is not None


def packed_for(model: Seq2Seq | Ensemble, dtype: torch.dtype) -> PackedProducts | Seq2Seq | Ensemble:
    """The model with packed products of numbers of this type where they are faster: on a processor in bfloat16, and in
    float32 where products are our own."""
    if any(weight.device.type != "cpu" for weight in model.parameters()):
        return model
    return PackedProducts(model, dtype) if dtype == torch.bfloat16 or has_products(torch.empty(0)) else model
