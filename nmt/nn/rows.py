"""Matrices whose number of rows is that of the words at hand, brought to one of few numbers.

Processors with bfloat16 products, and GPUs, make a kernel for each shape that they meet; a new number of rows in each
batch costs them tens of milliseconds, some rows of zeros nearly nothing.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

MULTIPLE = 64


def rounded_up(rows: int) -> int:
    """The next multiple of 64."""
    return -(-rows // MULTIPLE) * MULTIPLE


def with_rows_of_zeros(x_RF: Tensor) -> Tensor:
    """x with rows of zeros below it, up to a multiple of 64."""
    missing = rounded_up(len(x_RF)) - len(x_RF)
    return F.pad(x_RF, (0, 0, 0, missing)) if missing else x_RF
