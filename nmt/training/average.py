"""Exponential moving average of the weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Average:
    """avg <- d avg + (1 - d) theta after every update, d = min(decay, (1 + step) / (10 + step)).

    It starts at the first weights. Buffers are not averaged.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self._parameters: dict[str, Tensor] = dict(model.named_parameters())
        self._average = {name: parameter.detach().clone() for name, parameter in self._parameters.items()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Takes in the weights after update number `step`, from 1."""
        decay = min(self.decay, (1 + step) / (10 + step))
        average, parameters = list(self._average.values()), list(self._parameters.values())
        torch._foreach_lerp_(average, parameters, 1 - decay)  # pyright: ignore[reportPrivateImportUsage]

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Within this context the model has the averaged weights; afterwards its own again, bit for bit."""
        own = {name: parameter.detach().clone() for name, parameter in self._parameters.items()}
        _copy(self._average, self._parameters)
        try:
            yield
        finally:
            _copy(own, self._parameters)

    def tensors(self) -> dict[str, Tensor]:
        """The averaged weights by the model's names."""
        return dict(self._average)

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Continues from averaged weights as `tensors` gave them; other names are passed over."""
        _copy(tensors, self._average)


@torch.no_grad()
def _copy(source: Mapping[str, Tensor], target: Mapping[str, Tensor]) -> None:
    for name, tensor in target.items():
        tensor.copy_(source[name])
