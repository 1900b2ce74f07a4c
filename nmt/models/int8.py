"""Search with 8-bit products on a processor. N rows, I input, O output."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from nmt.errors import UserError

LEVELS = 127


class Int8Products(TorchFunctionMode):
    """Within this context a product with a weight of the model is one of 8-bit numbers, added up in 32 bits.

    Weights have a scale for each output and are packed once, when they are first used; they must not change then.
    Inputs have one scale a product, found from their smallest and largest value, and 7 bits, because two products of 8
    bits overflow the 16 that AVX2 adds up in (dynamic quantisation). So a sentence's scores depend a little on the
    others of its batch. Products by other functions than `linear` stay what they are: the encoder's recurrence,
    attention over the source.
    """

    def __init__(self, model: nn.Module) -> None:
        """Errors: UserError if the model is not on a processor, or this PyTorch has no such products."""
        super().__init__()
        if any(weight.device.type != "cpu" for weight in model.parameters()):
            raise UserError("--int8: only on a processor; leave it out, or give --device cpu")
        if torch.backends.quantized.engine == "none" or not hasattr(torch.ops.quantized, "linear_dynamic"):
            raise UserError("--int8: this PyTorch has no products of 8-bit numbers; leave it out")
        self._weights = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
        self._packed: dict[tuple[Any, ...], Any] = {}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is F.linear and not kwargs and args[0].dtype == torch.float32:
            weight_OI, bias_O = args[1], args[2] if len(args) > 2 else None
            if weight_OI.untyped_storage().data_ptr() in self._weights:
                return torch.ops.quantized.linear_dynamic(args[0], self._pack(weight_OI, bias_O), True)
        return func(*args, **(kwargs or {}))

    def _pack(self, weight_OI: Tensor, bias_O: Tensor | None) -> Any:
        key = (*map(_place, (weight_OI, bias_O)),)
        if key not in self._packed:
            weight_OI = weight_OI.detach().contiguous()
            scale_O = weight_OI.abs().amax(1).clamp(min=1e-12) / LEVELS
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # the type of the packed weights is deprecated
                whole_OI = torch.quantize_per_channel(
                    weight_OI, scale_O, torch.zeros_like(scale_O, dtype=torch.int64), 0, torch.qint8
                )
            self._packed[key] = torch.ops.quantized.linear_prepack(whole_OI, bias_O)
        return self._packed[key]


def _place(tensor: Tensor | None) -> tuple[Any, ...] | None:
    """What tells a part of a weight from every other part."""
    return None if tensor is None else (tensor.data_ptr(), tuple(tensor.shape), tensor.stride())
