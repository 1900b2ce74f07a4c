"""The contract of a coverage model.

B sentences, N hypotheses, S source positions, H decoder state, D memory, C width of a coverage vector, P width of what
is known of a source state beforehand.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

from nmt.config.component import Component, ComponentConfig


class Coverage(nn.Module, Component, ABC, family="coverage"):
    """C_{i,j} = g(C_{i-1,j}, alpha_{i,j}, Phi(h_j), Psi), a vector for each source position; C_{0,j} = 0.

    Tu et al. 2016, section 3.1. Made with `query_dim` H and `memory_dim` D; tells its width `dim` C.
    """

    dim: int

    class Config(ComponentConfig):
        """Settings of a coverage model."""

    @abstractmethod
    def features(self, values_BSD: Tensor) -> Tensor:
        """features_BSP: what the update needs of the source states; computed once a sentence."""

    @abstractmethod
    def forward(self, coverage_NSC: Tensor, weights_NS: Tensor, features_NSP: Tensor, state_NH: Tensor) -> Tensor:
        """The coverage after a step that attended with `weights_NS`, starting from the decoder's state `state_NH`."""
