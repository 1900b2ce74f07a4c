"""A device besides the processor, for machines without one: its tensors say that they are elsewhere, hold their numbers
on the processor, and do not mix with those that are there.

It has to be there before the first backward pass of a process, so import this in a process of its own. An operation
without values that tells its device (`torch.empty`), and copies to and from it, reach it as those of a real device do.
"""

import warnings
from types import SimpleNamespace

import torch
from torch.nn import Module, Parameter
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

aten = torch.ops.aten

_module = SimpleNamespace(
    is_initialized=lambda: True,
    is_available=lambda: True,
    current_device=lambda: 0,
    device_count=lambda: 1,
    _is_in_bad_fork=lambda: False,
    manual_seed_all=lambda seed: None,
    get_amp_supported_dtype=lambda: [torch.bfloat16],
)
_setup_privateuseone_for_python_backend("elsewhere", _module)
ELSEWHERE = torch.device("elsewhere", 0)


class Elsewhere(torch.Tensor):
    """A tensor of the second device; `inner` is its twin on the processor."""

    @staticmethod
    def __new__(cls, inner):
        kinds = {"strides": inner.stride(), "storage_offset": inner.storage_offset(), "dtype": inner.dtype}
        with torch.inference_mode(False):
            tensor = torch.Tensor._make_wrapper_subclass(cls, inner.shape, device=ELSEWHERE, **kinds)
        tensor.inner = inner
        return tensor

    def __repr__(self):
        return f"Elsewhere({self.inner})"

    def tolist(self):
        return self.inner.tolist()

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return _run(func, args, kwargs or {})


class SecondDevice(TorchDispatchMode):
    """Within this context there is a second device. Errors: AssertionError where tensors of two devices meet."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return _run(func, args, kwargs or {})


def _run(func, args, kwargs):
    leaves = []
    arguments, named = _mapped(lambda leaf: leaves.append(leaf) or _inner(leaf), [args, kwargs])
    there = [leaf for leaf in leaves if isinstance(leaf, Elsewhere)]
    here = [leaf for leaf in leaves if isinstance(leaf, torch.Tensor) and not isinstance(leaf, Elsewhere)]
    devices = [leaf for leaf in leaves if isinstance(leaf, torch.device)]
    if there and here and not devices and func is not aten.copy_.default:
        assert all(_only_read(number, func, args, kwargs) for number in here), f"{func}: tensors of two devices"
    to_there = isinstance(args[0], Elsewhere) if func is aten.copy_.default else bool(there)
    if devices:
        to_there = devices[0].type == ELSEWHERE.type
    given, moved = (there, here) if to_there else (here, there)
    same = {id(_inner(tensor)): tensor for tensor in given}
    others = {id(_inner(tensor)) for tensor in moved}

    def wrapped(result):
        if not isinstance(result, torch.Tensor) or id(result) in same:
            return same.get(id(result), result)
        result = result.clone() if id(result) in others else result
        return Elsewhere(result) if to_there else result

    return _mapped(wrapped, func(*arguments, **named))


def _only_read(number, func, args, kwargs):
    """A tensor without dimensions may be of the processor, if it is not written nor one of a list."""
    arguments = func._schema.arguments
    given = dict(zip([argument.name for argument in arguments], args, strict=False)) | kwargs
    written = [
        given[a.name] for a in arguments if a.name in given and a.alias_info is not None and a.alias_info.is_write
    ]
    return (
        number.dim() == 0 and any(value is number for value in given.values()) and all(w is not number for w in written)
    )


def _mapped(function, tree):
    if isinstance(tree, dict):
        return {name: _mapped(function, part) for name, part in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)([_mapped(function, part) for part in tree])
    return function(tree)


def _inner(leaf):
    if isinstance(leaf, torch.device):
        return torch.device("cpu")
    return leaf.inner if isinstance(leaf, Elsewhere) else leaf


def move(module: Module) -> Module:
    """As `module.to(ELSEWHERE)`, which PyTorch can't do with tensors of another class; shared weights stay shared."""
    moved = {}
    for part in module.modules():
        for tensors in (part._parameters, part._buffers):
            for name, tensor in tensors.items():
                if tensor is None or isinstance(tensor, Elsewhere):
                    continue
                if tensor not in moved:
                    there = Elsewhere(tensor.detach().clone())
                    is_weight = isinstance(tensor, Parameter)
                    moved[tensor] = Parameter(there, tensor.requires_grad) if is_weight else there
                tensors[name] = moved[tensor]
    return module


def _empty(size, **kinds):
    return Elsewhere(torch.empty(size, dtype=kinds["dtype"]))


def _empty_strided(size, stride, **kinds):
    return Elsewhere(torch.empty_strided(size, stride, dtype=kinds["dtype"]))


def _copy_from(source, target, non_blocking=False):
    _inner(target).copy_(_inner(source))
    return target


_library = torch.library.Library("aten", "IMPL")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    _library.impl("empty.memory_format", _empty, "PrivateUse1")
    _library.impl("empty_strided", _empty_strided, "PrivateUse1")
    _library.impl("_copy_from", _copy_from, "PrivateUse1")
