"""Length penalties, coverage and the search section of a config."""

import math

import pytest
import torch
from pydantic import ValidationError

from nmt.errors import ConfigError
from nmt.search.beam import Ranking, beam_search
from nmt.search.config import SearchConfig
from nmt.search.penalties import AveragePenalty, GNMTPenalty, LengthPenalty, NoPenalty
from nmt.text.vocab import EOS


def test_penalties_by_hand():
    assert [NoPenalty.Config().build()(length) for length in (1, 7)] == [1, 1]
    assert [AveragePenalty.Config().build()(length) for length in (1, 7)] == [1, 7]
    assert [GNMTPenalty.Config(alpha=1.0).build()(length) for length in (1, 7)] == [1, 2]
    assert GNMTPenalty.Config(alpha=0.5).build()(19) == pytest.approx(2)
    assert GNMTPenalty.Config(alpha=0.0).build()(19) == 1


@pytest.mark.parametrize("name", sorted(LengthPenalty.registry))
def test_a_penalty_is_positive_and_never_falls(name):
    """What the stopping rule of search relies on."""
    penalty = LengthPenalty.registry[name].Config().build()
    values = [penalty(length) for length in range(1, 300)]
    assert values[0] > 0
    assert values == sorted(values)


def test_coverage_by_hand():
    """log(0.5) + log(1), the masked third position left out, weighed by 2."""
    ranking = Ranking(1, NoPenalty.Config().build(), 2.0)
    covered_BCS = torch.tensor([[[0.5, 1.5, 0.0]]])
    score_BC = ranking.score(torch.tensor([[-3.0]]), 4, covered_BCS, torch.tensor([[True, True, False]]))
    assert score_BC.tolist() == [[pytest.approx(-3 + 2 * math.log(0.5))]]


def test_more_translations_than_beam_are_refused():
    with pytest.raises(ValidationError, match="n_best 6 is larger than beam_size 5"):
        SearchConfig(n_best=6)


class Blind:
    """A model without attention: the words 3 and EOS with 3/4 and 1/4."""

    def start(self, src_BS, src_len_B):
        return (), ()

    def step(self, y_N, memory, state):
        return torch.tensor([[0.0, 0.0, 0.25, 0.75]]).log().repeat(len(y_N), 1), None, ()


def test_a_model_without_attention():
    src_BS, src_len_B = torch.full((2, 3), EOS), torch.tensor([3, 1])
    config = SearchConfig(beam_size=2, n_best=2, max_length_ratio=1.0, length_penalty=NoPenalty.Config())
    first, second = beam_search(Blind(), src_BS, src_len_B, config)
    assert [hypothesis.tokens for hypothesis in first] == [[EOS], [3, EOS]]
    assert [hypothesis.logprob for hypothesis in first] == pytest.approx([math.log(1 / 4), math.log(3 / 16)])
    assert [hypothesis.tokens for hypothesis in second] == [[EOS]]
    assert all(hypothesis.weights_TS is None for hypothesis in [*first, *second])


def test_coverage_needs_attention():
    with pytest.raises(ConfigError, match=r"^search\.coverage_penalty: the model has no attention"):
        beam_search(Blind(), torch.full((1, 3), EOS), torch.tensor([3]), SearchConfig(coverage_penalty=0.1))
