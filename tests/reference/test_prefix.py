"""Search for outputs with a given beginning, against enumeration of all of them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch

from nmt.search.beam import beam_search
from nmt.search.config import SearchConfig
from nmt.search.limits import longest_outputs, pad_prefixes
from nmt.search.penalties import AveragePenalty, GNMTPenalty, NoPenalty
from nmt.text.vocab import BOS, EOS, PAD, UNK

from .table import LENGTHS, VOCAB, Table, score, sources

WORDS = [word for word in range(VOCAB) if word not in (PAD, BOS, EOS)]
PREFIXES = [[4, UNK], [5], [], [6, 6, 4]]
PENALTIES = [NoPenalty.Config(), AveragePenalty.Config(), GNMTPenalty.Config(alpha=0.6)]


def search(table, config, prefixes, sentences=(0, 1, 2, 3)):
    return beam_search(table, *sources(sentences), config, pad_prefixes(prefixes, torch.device("cpu")))


def followed(table, sentence, tokens):
    """Log-probability and rows of attention of a whole output."""
    code, logprob, rows = Table.code(0, BOS), 0.0, []
    for word in tokens:
        logprob += table.logprob[sentence, code, word]
        rows.append(table.weights[sentence, code, : LENGTHS[sentence]])
        code = Table.code(code, word)
    return logprob, rows


def enumerated(table, sentence, config, prefix, limit):
    """(score, tokens) of every output of at most `limit` tokens that begins with the prefix, best first."""
    found = []
    for length in range(limit - len(prefix)):
        for output in product(WORDS, repeat=length):
            tokens = [*prefix, *output, EOS]
            found.append((score(config, *followed(table, sentence, tokens)), tokens))
    return sorted(found, reverse=True)


@pytest.mark.parametrize("penalty", PENALTIES, ids=lambda penalty: penalty.type)
@pytest.mark.parametrize("coverage", [0.0, 0.4])
def test_a_wide_beam_finds_the_best_of_all_outputs_with_the_prefix(penalty, coverage):
    """Sentences of lengths 4, 1, 3 and 2 with prefixes of 2, 1, 0 and 3 tokens; the last is longer than its limit."""
    config = SearchConfig(
        beam_size=70, n_best=12, max_length_ratio=1.0, length_penalty=penalty, coverage_penalty=coverage
    )
    table = Table(8)
    for sentence, found in enumerate(search(table, config, PREFIXES)):
        limit = max(LENGTHS[sentence], len(PREFIXES[sentence]) + 1)
        expected = enumerated(table, sentence, config, PREFIXES[sentence], limit)[:12]
        assert [hypothesis.tokens for hypothesis in found] == [tokens for _, tokens in expected]
        assert [hypothesis.score for hypothesis in found] == pytest.approx([total for total, _ in expected])


@pytest.mark.parametrize("beam", [1, 2, 5])
def test_score_and_attention_are_those_of_the_whole_output(beam):
    table, config = Table(9), SearchConfig(beam_size=beam, n_best=beam, max_length_ratio=2.0)
    for sentence, found in enumerate(search(table, config, PREFIXES)):
        assert found
        for hypothesis in found:
            assert hypothesis.tokens[: len(PREFIXES[sentence])] == PREFIXES[sentence]
            logprob, rows = followed(table, sentence, hypothesis.tokens)
            assert hypothesis.logprob == pytest.approx(logprob)
            assert hypothesis.score == pytest.approx(score(config, logprob, rows))
            np.testing.assert_allclose(hypothesis.weights_TS, np.stack(rows), rtol=0, atol=1e-6)


def test_the_prefix_of_what_search_finds_anyway_changes_nothing():
    table, config = Table(10), SearchConfig(beam_size=8, max_length_ratio=2.0)
    free = search(table, config, [[]] * 4)
    for cut in (1, 2):
        prefixes = [found[0].tokens[: min(cut, len(found[0].tokens) - 1)] for found in free]
        assert [found[0].tokens for found in search(table, config, prefixes)] == [found[0].tokens for found in free]


def test_a_prefix_constrains_its_own_sentence_only():
    table, config = Table(11), SearchConfig(beam_size=3, n_best=3)
    together = search(table, config, PREFIXES)
    for sentence, prefix in enumerate(PREFIXES):
        (alone,) = search(table, config, [prefix], [sentence])
        assert [item.tokens for item in alone] == [item.tokens for item in together[sentence]]
        assert [item.score for item in alone] == [item.score for item in together[sentence]]
    unconstrained = beam_search(table, *sources(), config)
    assert [item.tokens for item in unconstrained[2]] == [item.tokens for item in together[2]]
    assert [item.tokens for item in unconstrained[0]] != [item.tokens for item in together[0]]


def test_a_prefix_that_the_model_thinks_unlikely_is_kept_whole():
    table = Table(12, eos=40.0)
    (found,) = search(table, SearchConfig(beam_size=4, max_length_ratio=0.1), [[6, 5, 6, 5]], [1])
    assert found[0].tokens == [6, 5, 6, 5, EOS]
    assert found[0].logprob < -100


def test_the_longest_length_leaves_room_after_the_prefix():
    prefix_BP = pad_prefixes([[4], [4, 5, 6], []], torch.device("cpu"))
    assert prefix_BP.tolist() == [[4, PAD, PAD], [4, 5, 6], [PAD, PAD, PAD]]
    assert longest_outputs(torch.tensor([3, 2, 1]), 1.0, prefix_BP).tolist() == [3, 4, 1]
    assert pad_prefixes([[], []], torch.device("cpu")) is None
