"""The contract of a score function.

B sentences, M queries per sentence (T in training, K in search, 1 inside a recurrence), S source positions,
H query width, D memory width, A key width.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

from nmt.attention.tapes.tape import MakeAttentionTape
from nmt.config.component import Component, ComponentConfig


class Scorer(nn.Module, Component, ABC, family="scorer"):
    """score(h_t, h_s) for every query and source state. Made with `query_dim` H and `memory_dim` D.

    reads_query, reads_source: False where the score does not depend on h_t, or on h_s.
    """

    reads_query = True
    reads_source = True

    class Config(ComponentConfig):
        """Settings of a score function."""

        def longest_source(self) -> int | None:
            """Most source positions, EOS counted, that it does not refuse; None: it takes any number."""
            return None

    def keys(self, values_BSD: Tensor) -> Tensor:
        """keys_BSA: what the score needs of the source states, A wide; computed once a sentence."""
        return values_BSD

    def tape(self) -> tuple[MakeAttentionTape, tuple[Tensor, ...]] | None:
        """The score inside a recurrence by hand: its class and its parameters; None: autograd takes every step."""
        return None

    @abstractmethod
    def forward(self, query_BMH: Tensor, keys_BSA: Tensor) -> Tensor:
        """scores_BMS, unmasked and unnormalised."""
