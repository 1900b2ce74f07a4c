"""What keeps backward passes by hand from being wrong without a word, where PyTorch's own would go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


def alike(tensors: Sequence[Tensor]) -> list[Tensor]:
    """The tensors contiguous and of the type of the first, for a forward pass to compute with.

    Within an autograd function, gradients in float32 then reach weights in float32 without a detour by bfloat16.
    """
    return [tensor.to(tensors[0].dtype).contiguous() for tensor in tensors]


def require_first_order() -> None:
    """For a backward pass that gives gradients, but no graph of them.

    Errors: RuntimeError where one is wanted (`create_graph`).
    """
    if torch.is_grad_enabled():
        raise RuntimeError("no gradients of gradients here: part of the model goes back by hand")


def take_saved(ctx: Any) -> Any:
    """What `forward` left in `ctx.saved`, for a backward pass that uses it up.

    Errors: RuntimeError the second time, as of autograd where the graph is gone; as `require_first_order`.
    """
    require_first_order()
    saved, ctx.saved = ctx.saved, None
    if saved is None:
        raise RuntimeError("part of the model goes back once; run it forward again instead of retain_graph")
    return saved
