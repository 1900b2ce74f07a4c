"""Who multiplies with the weights of a model: PyTorch, or in translation products that were packed before.

Linear layers and embeddings (`linear.py`, `embedding.py`) ask here.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Protocol

from torch import Tensor


class Products(Protocol):
    """What takes PyTorch's place."""

    def linear(self, x: Tensor, weight_OI: Tensor, bias_O: Tensor | None) -> Tensor | None:
        """x W^T + b; None: PyTorch is to compute it."""
        ...

    def looked_up(self, x: Tensor, words: Tensor, embedding_VE: Tensor) -> None:
        """Is told that x are the embeddings of these words."""
        ...


products_at_work: ContextVar[Products | None] = ContextVar("products_at_work", default=None)
"""Set for as long as they are to be used; every thread has its own."""
