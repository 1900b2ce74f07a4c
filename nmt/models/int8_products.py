"""Search with 8-bit products on a processor."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import torch
from torch import Tensor

from nmt.errors import UserError
from nmt.kernels.product import BFLOAT16, LEVELS, Int8Product, has_products
from nmt.models.ensemble import Ensemble
from nmt.models.seq2seq import Seq2Seq
from nmt.models.weight_products import WeightProducts


class Int8Products(WeightProducts):
    """Products of 8-bit numbers, added up in 32 bits (dynamic quantisation).

    Where products of bfloat16 are our own, what comes in and out is bfloat16; see `Int8Product`. Elsewhere it is
    float32: weights have a scale for each output, inputs one scale a product, found from their smallest and largest
    value, and 7 bits, because two products of 8 bits overflow the 16 that AVX2 adds up in. So a sentence's scores
    depend a little on the others of its batch there.
    """

    def __init__(self, model: Seq2Seq | Ensemble) -> None:
        """Errors: UserError if the model is not on a processor, or this PyTorch has no such products."""
        super().__init__(model)
        if any(weight.device.type != "cpu" for weight in model.parameters()):
            raise UserError("--int8: only on a processor; leave it out, or give --device cpu")
        self.precision: Literal["fp32", "bf16"] = "bf16" if has_products(BFLOAT16) else "fp32"
        if self.precision == "bf16":
            return
        if torch.backends.quantized.engine == "none" or not hasattr(torch.ops.quantized, "linear_dynamic"):
            raise UserError("--int8: this PyTorch has no products of 8-bit numbers; leave it out")

    def pack(self, weight_OI: Tensor, bias_O: Tensor | None) -> Any:
        if self.precision == "bf16":
            return Int8Product(weight_OI.t(), bias_O)
        weight_OI = weight_OI.contiguous()
        scale_O = weight_OI.abs().amax(1).clamp(min=1e-12) / LEVELS
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # the type of the packed weights is deprecated
            whole_OI = torch.quantize_per_channel(
                weight_OI, scale_O, torch.zeros_like(scale_O, dtype=torch.int64), 0, torch.qint8
            )
        return torch.ops.quantized.linear_prepack(whole_OI, bias_O)

    def multiply(self, x: Tensor, packed: Any) -> Tensor:
        if isinstance(packed, Int8Product):
            return packed(x.bfloat16().flatten(0, -2)).unflatten(0, x.shape[:-1])
        return torch.ops.quantized.linear_dynamic(x, packed, True)

    def rows_stand_alone(self, packed: Any) -> bool:
        return isinstance(packed, Int8Product)
