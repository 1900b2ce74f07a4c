"""RNNsearch with coverage: attention knows what it has attended to.

B sentences, M hypotheses of a sentence, N = B * M, S source positions, E embedding, A key width, C coverage, P source
features of the coverage.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from torch import Tensor

from nmt.attention.attention import Memory
from nmt.attention.coverage.coverage import Coverage
from nmt.attention.coverage.linguistic import Linguistic
from nmt.attention.scorers.perceptron import Perceptron
from nmt.config.component import OneOf
from nmt.decoders.bahdanau import Bahdanau, BahdanauState
from nmt.decoders.decoder import Decoder, Step
from nmt.encoders.encoder import Encoded
from nmt.errors import ConfigError
from nmt.nn.cell_tape import State
from nmt.nn.linear import Linear
from nmt.nn.tree import map_tensors


class CoverageMemory(NamedTuple):
    """What attention and coverage read of the source, both built once a sentence."""

    attention: Memory
    features_BSP: Tensor


class CoverageState(NamedTuple):
    """State of RNNsearch, and the coverage of each source position."""

    rnnsearch: BahdanauState
    coverage_NSC: Tensor


class CoverageDecoder(Decoder, name="coverage"):
    """e_{i,j} = v_a^T tanh(W_a s_{i-1} + U_a h_j + V_a C_{i-1,j})      Tu et al. 2016, section 3.2.

    All else is RNNsearch (`bahdanau`). The coverage C moves the keys U_a h_j, so each hypothesis has keys of its own.
    """

    class Config(Bahdanau.Config):
        """Settings of RNNsearch with coverage."""

        coverage: Annotated[Coverage.Config, OneOf(Coverage)] = Linguistic.Config()
        """How coverage follows from the attention so far."""

    def __init__(self, config: Config, *, input_dim: int, memory_dim: int) -> None:
        super().__init__()
        self.rnnsearch = Bahdanau(config, input_dim=input_dim, memory_dim=memory_dim)
        scorer, heads = self.rnnsearch.attention.scorer, config.attention.heads
        if not isinstance(scorer, Perceptron) or heads > 1:
            raise ConfigError("model.decoder.attention: coverage needs the scores of concat or additive with one head")
        self.coverage: Coverage = config.coverage.build(query_dim=config.dim, memory_dim=memory_dim)
        self.key = Linear(self.coverage.dim, len(scorer.energy), bias=False)
        self.shape, self.feature_dim = self.rnnsearch.shape, self.rnnsearch.feature_dim

    def start(self, encoded: Encoded, initial: tuple[State, ...]) -> tuple[CoverageMemory, CoverageState]:
        attention, state = self.rnnsearch.start(encoded, initial)
        features_BSP = self.coverage.features(encoded.states_BSD)
        coverage_BSC = features_BSP.new_zeros(*features_BSP.shape[:2], self.coverage.dim)
        return CoverageMemory(attention, features_BSP), CoverageState(state, coverage_BSC)

    def advance(self, x_NE: Tensor, memory: CoverageMemory, state: CoverageState) -> Step:
        attention, features_NSP = _per_hypothesis(memory, len(x_NE))
        covered = attention._replace(keys_BSA=attention.keys_BSA + self.key(state.coverage_NSC))
        step = self.rnnsearch.advance(x_NE, covered, state.rnnsearch)
        assert step.weights_NS is not None
        coverage_NSC = self.coverage(state.coverage_NSC, step.weights_NS, features_NSP, state.rnnsearch.s_NH)
        return step._replace(state=CoverageState(step.state, coverage_NSC))

    def readout(self, x: Tensor, output: Tensor, context: Tensor | None) -> Tensor:
        return self.rnnsearch.readout(x, output, context)


def _per_hypothesis(memory: CoverageMemory, rows: int) -> CoverageMemory:
    """The memory with the sentence of each of N rows; a view where there is one row a sentence."""
    each = rows // len(memory.features_BSP)
    return map_tensors(lambda part: part[:, None].expand(-1, each, *part.shape[1:]).flatten(0, 1), memory)
