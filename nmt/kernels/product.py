"""Products of several matrices with the same weights. M rows, I inputs, O outputs."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from nmt.kernels.kernels import find_kernel, take_kernel

SIDE = 32
"""Both sides of packed weights are filled with zeros up to a multiple of it."""


class PackedProduct:
    """x W + add for many x (M, I), one after the other.

    In bfloat16 on a processor with tiles, W is packed for them once; PyTorch packs it for every product.
    """

    def __init__(self, weight_IO: Tensor) -> None:
        self.weight_IO = weight_IO
        self.product = find_kernel("product", weight_IO)
        if self.product is None or not _granted():
            self.product = None
            return
        transposed = not weight_IO.is_contiguous()
        matrix = (weight_IO.t() if transposed else weight_IO).contiguous()
        self.packed = matrix.new_empty([-(-size // SIDE) * SIDE for size in weight_IO.shape])
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


@cache
def _granted() -> bool:
    granted = torch.zeros(1, dtype=torch.int32)
    take_kernel("ask_for_tiles", torch.empty(0, dtype=torch.bfloat16))(granted)
    return bool(granted)
