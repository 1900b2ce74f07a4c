"""Nested states: tuples (and named tuples) of tensors whose dim 0 is the hypothesis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor


def map_tensors(function: Callable[[Tensor], Tensor], tree: Any) -> Any:
    """`tree` with `function` applied to every tensor; None stays None.

    Errors: TypeError if the tree holds anything but tensors, None, tuples and named tuples.
    """
    if tree is None:
        return None
    if isinstance(tree, Tensor):
        return function(tree)
    if isinstance(tree, tuple):
        mapped = [map_tensors(function, leaf) for leaf in tree]
        return type(tree)(*mapped) if hasattr(tree, "_fields") else tuple(mapped)
    raise TypeError(f"a state holds tensors, tuples and None, not {type(tree).__name__}")
