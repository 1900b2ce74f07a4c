"""Batched beam search against a slow one in pure Python, on a model that is a table of random numbers."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from nmt.nn.tree import map_tensors
from nmt.search.beam import beam_search
from nmt.search.config import SearchConfig
from nmt.search.limits import pad_prefixes
from nmt.search.penalties import AveragePenalty, GNMTPenalty, NoPenalty
from nmt.text.vocab import BOS, EOS, PAD, UNK

from .table import LENGTHS, VOCAB, Table, length_penalty, score, sources


def slow_search(table, sentence, config):
    """(tokens, logprob, score, rows of attention) of the n best outputs of one sentence, one hypothesis at a time."""
    source, beam = LENGTHS[sentence], config.beam_size
    limit = max(1, math.ceil(source * config.max_length_ratio))
    live, finished = [(0.0, [], [], Table.code(0, BOS))], []
    for _ in range(limit):
        candidates = []
        for logprob, tokens, rows, code in live:
            row = table.weights[sentence, code, :source]
            for word in range(VOCAB):
                if word not in (PAD, BOS):
                    total = logprob + table.logprob[sentence, code, word]
                    candidates.append((total, [*tokens, word], [*rows, row], Table.code(code, word)))
        candidates.sort(key=lambda candidate: -candidate[0])
        for total, tokens, rows, _ in candidates[:beam]:
            if tokens[-1] == EOS:
                finished.append((tokens, total, score(config, total, rows), rows))
        finished = sorted(finished, key=lambda item: -item[2])[: config.n_best]
        live = [candidate for candidate in candidates if candidate[1][-1] != EOS][:beam]
        if len(finished) == config.n_best:
            if beam == 1 or finished[-1][2] >= live[0][0] / length_penalty(config, limit):
                break
    if not finished:
        logprob, tokens, rows, _ = live[0]
        return [(tokens, logprob, logprob / length_penalty(config, len(tokens)), rows)]
    return finished


def search(table, config, sentences=(0, 1, 2, 3)):
    return beam_search(table, *sources(sentences), config)


PENALTIES = [NoPenalty.Config(), AveragePenalty.Config(), GNMTPenalty.Config(alpha=0.6), GNMTPenalty.Config(alpha=1.5)]
BEAMS = [(1, 1), (2, 1), (3, 3), (5, 2), (8, 8)]


@pytest.mark.parametrize("penalty", PENALTIES, ids=lambda penalty: f"{penalty.type}{getattr(penalty, 'alpha', '')}")
@pytest.mark.parametrize("beam, n_best", BEAMS)
def test_n_best_lists_equal_the_slow_search(beam, n_best, penalty):
    for seed, coverage, ratio in product(range(4), (0.0, 0.4), (1.0, 2.5)):
        config = SearchConfig(
            beam_size=beam, n_best=n_best, max_length_ratio=ratio, length_penalty=penalty, coverage_penalty=coverage
        )
        table = Table(seed)
        for sentence, found in enumerate(search(table, config)):
            expected = slow_search(table, sentence, config)
            assert [hypothesis.tokens for hypothesis in found] == [tokens for tokens, *_ in expected]
            assert [hypothesis.logprob for hypothesis in found] == pytest.approx([item[1] for item in expected])
            assert [hypothesis.score for hypothesis in found] == pytest.approx([item[2] for item in expected])
            for hypothesis, (*_, rows) in zip(found, expected, strict=True):
                np.testing.assert_allclose(hypothesis.weights_TS, np.stack(rows), rtol=0, atol=1e-6)


@pytest.mark.parametrize("penalty", PENALTIES, ids=lambda penalty: f"{penalty.type}{getattr(penalty, 'alpha', '')}")
def test_beam_1_is_greedy(penalty):
    for seed in range(8):
        table = Table(seed)
        for sentence, (found,) in enumerate(search(table, SearchConfig(beam_size=1, length_penalty=penalty))):
            tokens, code = [], Table.code(0, BOS)
            while len(tokens) < 2 * LENGTHS[sentence] and (not tokens or tokens[-1] != EOS):
                tokens.append(max(set(range(VOCAB)) - {PAD, BOS}, key=lambda word: table.logprob[sentence, code, word]))
                code = Table.code(code, tokens[-1])
            assert found.tokens == tokens


def test_a_wide_beam_finds_the_best_of_all_outputs():
    """All outputs of at most 3 words of sentence 2, enumerated; the pool keeps the best whatever the penalty."""
    words = [word for word in range(VOCAB) if word not in (PAD, BOS, EOS)]
    config = SearchConfig(beam_size=200, n_best=20, max_length_ratio=1.3, coverage_penalty=0.2)
    table, outputs = Table(7), []
    for length in range(4):
        for output in product(words, repeat=length):
            code, logprob, rows = Table.code(0, BOS), 0.0, []
            for word in [*output, EOS]:
                logprob += table.logprob[2, code, word]
                rows.append(table.weights[2, code, : LENGTHS[2]])
                code = Table.code(code, word)
            outputs.append((score(config, logprob, rows), [*output, EOS]))
    (found,) = search(table, config, [2])
    best = sorted(outputs, reverse=True)[:20]
    assert [hypothesis.tokens for hypothesis in found] == [tokens for _, tokens in best]
    assert [hypothesis.score for hypothesis in found] == pytest.approx([total for total, _ in best])


def test_without_unk_a_wide_beam_finds_the_best_of_all_outputs_that_have_none():
    """Where UNK is the likeliest word everywhere: all outputs of at most 3 words of sentence 2 again."""
    table, outputs = Table(8), []
    table.logprob[:, :, UNK] = 3.0
    table.normalise()
    config = SearchConfig(beam_size=200, n_best=20, max_length_ratio=1.3, forbid_unk=True)
    for length in range(4):
        for output in product([word for word in range(VOCAB) if word not in (PAD, BOS, EOS, UNK)], repeat=length):
            code, logprob = Table.code(0, BOS), 0.0
            for word in [*output, EOS]:
                logprob += table.logprob[2, code, word]
                code = Table.code(code, word)
            outputs.append((logprob / length_penalty(config, length + 1), [*output, EOS]))
    (found,) = search(table, config, [2])
    assert [hypothesis.tokens for hypothesis in found] == [tokens for _, tokens in sorted(outputs, reverse=True)[:20]]
    (others,) = search(table, config.model_copy(update={"forbid_unk": False}), [2])
    assert UNK in others[0].tokens


def test_without_unk_a_prefix_may_hold_one():
    config = SearchConfig(beam_size=4, n_best=4, forbid_unk=True)
    table = Table(8)
    table.logprob[:, :, UNK] = 3.0
    table.normalise()
    prefixes = pad_prefixes([[UNK, 5], [UNK], [], [4, UNK]], torch.device("cpu"))
    for hypotheses, prefix in zip(
        beam_search(table, *sources([0, 1, 2, 3]), config, prefixes), [2, 1, 0, 2], strict=True
    ):
        assert hypotheses and all(UNK not in hypothesis.tokens[prefix:] for hypothesis in hypotheses)
        assert all(math.isfinite(hypothesis.logprob) for hypothesis in hypotheses)
        assert all((UNK in hypothesis.tokens[:prefix]) == (prefix > 0) for hypothesis in hypotheses)


def test_nothing_is_left_to_replace_without_unk():
    with pytest.raises(ValidationError, match="replace_unk has nothing to replace with forbid_unk"):
        SearchConfig(replace_unk=True, forbid_unk=True)


def test_the_longest_length_is_a_multiple_of_the_source_rounded_up():
    table = Table(1, eos=-50)
    for ratio, longest in [(0.1, [1, 1, 1, 1]), (1.0, [4, 1, 3, 2]), (1.4, [6, 2, 5, 3])]:
        found = search(table, SearchConfig(beam_size=3, n_best=3, max_length_ratio=ratio))
        assert [len(hypotheses) for hypotheses in found] == [1] * 4
        assert [len(hypotheses[0].tokens) for hypotheses in found] == longest
        assert all(EOS not in hypotheses[0].tokens for hypotheses in found)
        assert all(len(hypotheses[0].weights_TS) == len(hypotheses[0].tokens) for hypotheses in found)


def test_an_output_may_end_with_the_last_token_allowed():
    """Only the prefix of length 1 may end: EOS is the second and last token."""
    table = Table(3)
    table.logprob[:] = -20.0
    first = Table.code(0, BOS)
    table.logprob[3, first, 4] = -0.1
    table.logprob[3, Table.code(first, 4), EOS] = -0.2
    table.normalise()
    (found,) = search(table, SearchConfig(beam_size=2, max_length_ratio=1.0), [3])
    assert found[0].tokens == [4, EOS]
    assert found[0].logprob == pytest.approx(table.logprob[3, first, 4] + table.logprob[3, Table.code(first, 4), EOS])


def test_pad_and_bos_are_never_in_the_output():
    table = Table(4)
    table.logprob[:, :, [PAD, BOS]] = 0.0
    found = search(table, SearchConfig(beam_size=4, n_best=4))
    assert not {PAD, BOS} & {token for hypotheses in found for item in hypotheses for token in item.tokens}


def test_search_stops_as_soon_as_nothing_can_be_better():
    table = Table(5, eos=30.0)
    search(table, SearchConfig(beam_size=3, max_length_ratio=10.0))
    assert table.steps == 1


def test_a_state_may_be_any_tree():
    """The state of the table, wrapped in tuples with nothing in them, changes nothing."""

    class Wrapped(Table):
        def start(self, src_BS, src_len_B):
            memory, state = super().start(src_BS, src_len_B)
            return (memory, None), (None, (state,))

        def step(self, y_N, memory, state):
            logprob_NV, weights_NS, new = super().step(y_N, memory[0], state[1][0])
            return logprob_NV, weights_NS, (None, (map_tensors(torch.clone, new),))

    config = SearchConfig(beam_size=3, n_best=3)
    plain, wrapped = search(Table(6), config), search(Wrapped(6), config)
    assert [[item.tokens for item in found] for found in plain] == [
        [item.tokens for item in found] for found in wrapped
    ]
