"""Initial weights, as the papers give them."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from pydantic import Field
from torch import Tensor, nn

from nmt.config.component import Component, ComponentConfig
from nmt.errors import ConfigError
from nmt.nn.lstm import LSTM


class Init(Component, ABC, family="init"):
    """Fills every parameter of a model. Recurrent matrices are named `weight_hh`, biases start with `bias`.

    Biases start at 0 and the gains of layer norms at 1, whichever initialisation it is.
    """

    class Config(ComponentConfig):
        """Settings of an initialisation."""

        forget_bias: float = Field(default=0.0, allow_inf_nan=False)
        """Where the biases of the LSTMs' forget gates start; above 0 they remember at first (Jozefowicz et al. 2015,
        and TensorFlow's NMT tutorial: 1)."""

    def __init__(self, config: Config) -> None:
        self.config = config

    @torch.no_grad()
    def fill(self, model: nn.Module) -> None:
        """Fills the parameters of `model` in the order of their names, from torch's random state.

        Errors: ConfigError for a forget bias in a model without LSTMs.
        """
        gains = {id(module.weight) for module in model.modules() if isinstance(module, nn.LayerNorm)}
        for name, parameter in sorted(model.named_parameters()):
            if name.rsplit(".", 1)[-1].startswith("bias"):
                parameter.zero_()
            elif id(parameter) in gains:
                parameter.fill_(1)
            else:
                self.fill_weight(name, parameter)
        self._fill_forget_gates([module for module in model.modules() if isinstance(module, LSTM)])

    def _fill_forget_gates(self, cells: list[LSTM]) -> None:
        if self.config.forget_bias and not cells:
            raise ConfigError("model.init.forget_bias: the model has no LSTM; leave it out")
        for cell in cells:
            cell.bias[cell.forget_gate] = self.config.forget_bias

    @abstractmethod
    def fill_weight(self, name: str, weight: Tensor) -> None:
        """Fills one parameter that is neither a bias nor a gain."""


class BahdanauInit(Init, name="bahdanau"):
    """Recurrent matrices orthogonal, W_a and U_a N(0, 0.001^2), v_a and biases 0, all else N(0, 0.01^2).

    Bahdanau et al. 2014, appendix B.1.
    """

    def fill_weight(self, name: str, weight: Tensor) -> None:
        if name.endswith("weight_hh"):
            orthogonal_blocks(weight)
        elif name.endswith("scorer.energy"):
            weight.zero_()
        else:
            weight.normal_(0, 0.001 if ".scorer." in name else 0.01)


class UniformInit(Init, name="uniform"):
    """All weights uniform in [-bound, bound]      Luong et al. 2015, section 4.1 (0.1)."""

    class Config(Init.Config):
        """Settings of the uniform initialisation."""

        bound: float = Field(default=0.1, gt=0)
        """Largest absolute value."""

    def fill_weight(self, name: str, weight: Tensor) -> None:
        weight.uniform_(-self.config.bound, self.config.bound)  # type: ignore[attr-defined]


class XavierInit(Init, name="xavier"):
    """Matrices Glorot-uniform, recurrent ones orthogonal, embeddings and vectors N(0, 1 / width)."""

    def fill_weight(self, name: str, weight: Tensor) -> None:
        if name.endswith("weight_hh"):
            orthogonal_blocks(weight)
        elif "embedding" in name or weight.dim() == 1:
            weight.normal_(0, weight.size(-1) ** -0.5)
        else:
            nn.init.xavier_uniform_(weight)


def orthogonal_blocks(weight: Tensor) -> None:
    """Makes each of the square blocks stacked in `weight` (gates * H, H) a random orthogonal matrix."""
    for block in weight.split(weight.size(1)):
        nn.init.orthogonal_(block)
