"""Sampling against exact probabilities: truncated sets by hand, frequencies of whole outputs by chi-square."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
import torch

from nmt.search.config import SearchConfig
from nmt.search.limits import pad_prefixes
from nmt.search.sampling import Sampling, distribution, draw, sample
from nmt.text.vocab import BOS, EOS, PAD, UNK

from .table import LENGTHS, VOCAB, Table, sources

KINDS = [
    Sampling(),
    Sampling(temperature=0.5),
    Sampling(temperature=2.0, top_k=3),
    Sampling(top_p=0.75),
    Sampling(temperature=1.3, top_k=4, top_p=0.8, seed=5),
]


def run(table, sampling, samples=1, ratio=2.0, numbers=(0, 1, 2, 3), sentences=(0, 1, 2, 3), prefixes=None):
    config = SearchConfig(beam_size=samples, n_best=samples, max_length_ratio=ratio)
    prefix_BP = prefixes and pad_prefixes(prefixes, torch.device("cpu"))
    return sample(table, sources(sentences), config, sampling, numbers, prefix_BP)


@pytest.mark.parametrize(
    ("sampling", "expected"),
    [
        (Sampling(), [0.05, 0.3, 0.1, 0.4, 0.15]),
        (Sampling(temperature=0.5), [0.0025 / 0.285, 0.09 / 0.285, 0.01 / 0.285, 0.16 / 0.285, 0.0225 / 0.285]),
        (Sampling(top_k=1), [0, 0, 0, 1, 0]),
        (Sampling(top_k=2), [0, 3 / 7, 0, 4 / 7, 0]),
        (Sampling(top_k=9), [0.05, 0.3, 0.1, 0.4, 0.15]),
        (Sampling(top_p=0.01), [0, 0, 0, 1, 0]),
        (Sampling(top_p=0.39), [0, 0, 0, 1, 0]),
        (Sampling(top_p=0.41), [0, 3 / 7, 0, 4 / 7, 0]),
        (Sampling(top_p=0.69), [0, 3 / 7, 0, 4 / 7, 0]),
        (Sampling(top_p=0.71), [0, 30 / 85, 0, 40 / 85, 15 / 85]),
        (Sampling(top_p=0.96), [0.05, 0.3, 0.1, 0.4, 0.15]),
        # 40 / 85 and 30 / 85 of the three left by top_k are 0.82 together, though only 0.7 of all
        (Sampling(top_k=3, top_p=0.8), [0, 3 / 7, 0, 4 / 7, 0]),
        # squared and made to sum to 1: 0.56, 0.32, 0.08, 0.04, 0.01
        (Sampling(temperature=0.5, top_p=0.85), [0, 9 / 25, 0, 16 / 25, 0]),
    ],
    ids=str,
)
def test_tempered_and_truncated_distributions_by_hand(sampling, expected):
    logprob_NV = torch.tensor([[0.05, 0.3, 0.1, 0.4, 0.15]]).log()
    found = distribution(logprob_NV, sampling)[0].tolist()
    assert found == pytest.approx(expected, abs=1e-12)
    assert [value == 0 for value in found] == [value == 0 for value in expected]


def test_a_uniform_number_falls_into_a_tokens_share():
    prob_NV = torch.tensor([[0.0, 0.25, 0.0, 0.75, 0.0]]).expand(6, 5)
    uniform_N = torch.tensor([0.0, 0.2499999, 0.25, 0.5, 0.75, 1 - 2**-53])
    assert draw(prob_NV, uniform_N).tolist() == [1, 1, 3, 3, 3, 3]


def share(row, sampling):
    """The probability of each word as the papers say, one word at a time: no PAD, no BOS, then T, then k, then p."""
    weight = {word: math.exp(row[word] / sampling.temperature) for word in range(VOCAB) if word not in (PAD, BOS)}
    ranked = sorted(weight, key=lambda word: -weight[word])[: sampling.top_k]
    total, kept, sum_kept = sum(weight[word] for word in ranked), [], 0.0
    for word in ranked:
        kept.append(word)
        sum_kept += weight[word] / total
        if sum_kept >= sampling.top_p:
            break
    return {word: weight[word] / sum(weight[other] for other in kept) for word in kept}


def outputs(table, sentence, sampling, limit, code=None, begun=()):
    """Every output that can be drawn, with its exact probability."""
    code = Table.code(0, BOS) if code is None else code
    for word, probability in share(table.logprob[sentence, code], sampling).items():
        output = (*begun, word)
        if word == EOS or len(output) == limit:
            yield output, probability
        else:
            for rest, further in outputs(table, sentence, sampling, limit, Table.code(code, word), output):
                yield rest, probability * further


def chi_square(counts, expected):
    """Pearson's statistic in standard deviations of a chi-square (Wilson and Hilferty 1931); rare outputs together."""
    rare = [output for output, count in expected.items() if count < 5]
    cells = [(counts[output], count) for output, count in expected.items() if count >= 5]
    cells.append((sum(counts[output] for output in rare), sum(expected[output] for output in rare)))
    cells = [cell for cell in cells if cell[1] >= 5]
    statistic, freedom = sum((seen - count) ** 2 / count for seen, count in cells), len(cells) - 1
    return ((statistic / freedom) ** (1 / 3) - 1 + 2 / (9 * freedom)) / math.sqrt(2 / (9 * freedom))


@pytest.mark.parametrize("sampling", KINDS, ids=str)
def test_frequencies_are_the_exact_probabilities(sampling):
    table, samples, sentence = Table(2), 4000, 2
    exact = dict(outputs(table, sentence, sampling, LENGTHS[sentence]))
    assert sum(exact.values()) == pytest.approx(1)
    assert any(output[-1] == EOS for output in exact) and any(output[-1] != EOS for output in exact)
    (found,) = run(table, sampling, samples, ratio=1.0, numbers=[17], sentences=[sentence])
    counts = Counter(tuple(hypothesis.tokens) for hypothesis in found)
    assert set(counts) <= set(exact)
    assert len(counts) >= 8
    assert -3 < chi_square(counts, {output: samples * p for output, p in exact.items()}) < 3


def test_the_statistic_sees_a_wrong_temperature():
    table, right, wrong = Table(2), Sampling(), Sampling(temperature=1.1)
    (found,) = run(table, wrong, 4000, ratio=1.0, numbers=[17], sentences=[2])
    expected = {output: 4000 * p for output, p in outputs(table, 2, right, LENGTHS[2])}
    assert chi_square(Counter(tuple(hypothesis.tokens) for hypothesis in found), expected) > 4


def test_lines_are_drawn_independently():
    """One sample of each of many lines has the frequencies of many samples of one."""
    table, lines = Table(2), 3000
    found = run(table, Sampling(), numbers=range(lines), sentences=[2] * lines, ratio=1.0)
    expected = {output: lines * p for output, p in outputs(table, 2, Sampling(), LENGTHS[2])}
    assert -3 < chi_square(Counter(tuple(item.tokens) for (item,) in found), expected) < 3


@pytest.mark.parametrize("sampling", KINDS, ids=str)
def test_a_sample_is_a_function_of_seed_line_and_its_number(sampling):
    table = Table(3)
    together = run(table, sampling, 6, numbers=[7, 8, 2**40, 0])
    for sentence, number in enumerate([7, 8, 2**40, 0]):
        (alone,) = run(table, sampling, 4, numbers=[number], sentences=[sentence])
        for item, other in zip(alone, together[sentence], strict=False):
            assert item.tokens == other.tokens
            assert item.logprob == other.logprob
            np.testing.assert_array_equal(item.weights_TS, other.weights_TS)
    tokens = [[item.tokens for item in found] for found in together]
    for changed, numbers in ((sampling._replace(seed=9), [7, 8, 2**40, 0]), (sampling, [8, 9, 1, 2])):
        other = run(table, changed, 6, numbers=numbers)
        assert [[item.tokens for item in found] for found in other] != tokens


@pytest.mark.parametrize("sampling", KINDS, ids=str)
def test_log_probability_and_attention_are_the_models(sampling):
    table = Table(4)
    for sentence, found in enumerate(run(table, sampling, 8, ratio=1.5)):
        limit = math.ceil(1.5 * LENGTHS[sentence])
        for item in found:
            code, logprob, rows = Table.code(0, BOS), 0.0, []
            for word in item.tokens:
                logprob += table.logprob[sentence, code, word]
                rows.append(table.weights[sentence, code, : LENGTHS[sentence]])
                code = Table.code(code, word)
            assert item.logprob == item.score == pytest.approx(logprob, abs=1e-9)
            np.testing.assert_allclose(item.weights_TS, np.stack(rows), rtol=0, atol=1e-6)
            assert EOS not in item.tokens[:-1]
            assert item.tokens[-1] == EOS or len(item.tokens) == limit


def test_samples_begin_with_the_prefix_and_go_on_as_the_model_would():
    """Frequencies of what follows a prefix are those of the model after it."""
    table, samples, prefix = Table(2), 4000, (UNK, 5)
    code = Table.code(Table.code(Table.code(0, BOS), UNK), 5)
    exact = dict(outputs(table, 2, Sampling(top_k=4), 5, code, prefix))
    (found,) = run(table, Sampling(top_k=4), samples, 5 / 3, [1], [2], [list(prefix)])
    counts = Counter(tuple(item.tokens) for item in found)
    assert set(counts) <= set(exact)
    assert -3 < chi_square(counts, {output: samples * p for output, p in exact.items()}) < 3


def test_without_unk_the_others_share_its_probability():
    table = Table(2)
    table.logprob[:, :, UNK] = 3.0
    config = SearchConfig(beam_size=50, n_best=50, forbid_unk=True)
    found = sample(table, sources((0, 1, 2, 3)), config, Sampling(), (0, 1, 2, 3))
    assert not any(UNK in hypothesis.tokens for hypotheses in found for hypothesis in hypotheses)
    assert {token for hypotheses in found for hypothesis in hypotheses for token in hypothesis.tokens} == {EOS, 4, 5, 6}
