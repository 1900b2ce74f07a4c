"""The compiled loops as functions of tensors."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from nmt.kernels.build import load_library

TYPES = {torch.float32: "float32", torch.bfloat16: "bfloat16"}

OTHERS = (torch.float32, torch.int8, torch.int32, torch.int64)
"""What kernels of each type take besides it."""

Argument = Tensor | int | float | None
Kernel = Callable[..., None]


class _Switch:
    on = True


def use_kernels(on: bool) -> None:
    """Whether compiled loops are used in this process where there are some."""
    _Switch.on = on


def uses_kernels() -> bool:
    """Whether they are."""
    return _Switch.on


def find_kernel(name: str, like: Tensor) -> Kernel | None:
    """The compiled loop of this name for numbers of the type of `like`; None where there is none.

    It takes contiguous tensors on the processor (None is a null pointer), whole numbers and float32, in the order of
    its source. Shapes are not checked.
    """
    if not _Switch.on or like.device.type != "cpu" or like.dtype not in TYPES:
        return None
    return _find(name, like.dtype)


def take_kernel(name: str, like: Tensor) -> Kernel:
    """As `find_kernel`, where it is known that there is one."""
    kernel = find_kernel(name, like)
    assert kernel is not None
    return kernel


@cache
def _find(name: str, dtype: torch.dtype) -> Kernel | None:
    function = getattr(load_library(), f"{name}_{TYPES[dtype]}", None)
    if function is None:
        return None
    function.restype = None

    def call(*arguments: Argument) -> None:
        if function.argtypes is None:
            function.argtypes = [_kind(argument) for argument in arguments]
        function(*[_passed(argument, dtype) for argument in arguments])

    return call


def _passed(argument: Argument, dtype: torch.dtype) -> float | None:
    if not isinstance(argument, Tensor):
        return argument
    assert argument.is_contiguous() and argument.dtype in (dtype, *OTHERS)
    return argument.data_ptr()


def _kind(argument: Argument) -> type[ctypes.c_void_p] | type[ctypes.c_long] | type[ctypes.c_float]:
    """The type of an argument, which is the same in all calls; that of numbers as they are, None for a tensor."""
    if argument is None or isinstance(argument, Tensor):
        return ctypes.c_void_p
    return ctypes.c_float if isinstance(argument, float) else ctypes.c_long
