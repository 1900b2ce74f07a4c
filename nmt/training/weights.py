"""The weights of a model as named tensors."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from nmt.errors import CheckpointError


def named_weights(model: nn.Module) -> dict[str, Tensor]:
    """Parameters and saved buffers by name; a tensor with several names (tied weights) only under its first."""
    named: dict[str, Tensor] = {}
    seen: set[int] = set()
    for name, tensor in model.state_dict(keep_vars=True).items():
        if id(tensor) not in seen:
            seen.add(id(tensor))
            named[name] = tensor.detach()
    return named


@torch.no_grad()
def load_weights(model: nn.Module, weights: Mapping[str, Tensor], source: str) -> None:
    """Copies `weights` into the model.

    Errors: CheckpointError beginning with `source`, with the first three differences, if names or shapes differ.
    """
    own = named_weights(model)
    wrong = [f"{name} {_shape(weights[name])} is not in the model" for name in weights if name not in own]
    wrong += [f"{name} {_shape(own[name])} is missing" for name in own if name not in weights]
    wrong += [
        f"{name} is {_shape(weights[name])}, the model needs {_shape(own[name])}"
        for name in own
        if name in weights and weights[name].shape != own[name].shape
    ]
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        raise CheckpointError(f"{source}: the weights do not fit the model: {'; '.join(wrong[:3])}{more}")
    for name, tensor in own.items():
        tensor.copy_(weights[name])


def first_nan(weights: Mapping[str, Tensor]) -> str | None:
    """Name of the first tensor with a NaN in it."""
    return next((name for name, tensor in weights.items() if bool(tensor.isnan().any())), None)


def weights_sha256(model: nn.Module) -> str:
    """SHA-256 of all names, types, shapes and values, in the order of the names."""
    digest = hashlib.sha256()
    for name, tensor in sorted(named_weights(model).items()):
        digest.update(f"{name} {tensor.dtype} {_shape(tensor)}\n".encode())
        digest.update(tensor.cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "scalar"
