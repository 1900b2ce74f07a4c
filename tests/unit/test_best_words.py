"""The best next words of each hypothesis: the compiled loop and PyTorch, against sorting in float64."""

import math

import pytest
import torch

from nmt.kernels.kernels import find_kernel, use_kernels
from nmt.search.best_words import MOST, best_words
from nmt.text.vocab import BOS, PAD, UNK

from .compiled import TYPES, guarded, near, needs_compiler, room, run, with_threads

INF, NAN = math.inf, math.nan


def by_sorting(logits_NV, count, never):
    """The `count` best words of each row, of equal ones the first, and their log-probabilities."""
    found = []
    for row in logits_NV.double().tolist():
        highest = max(row)
        total = math.log(math.fsum(math.exp(x - highest) for x in row)) + highest
        words = sorted((word for word in range(len(row)) if word not in never), key=lambda word: -row[word])
        found.append([(row[word] - total, word) for word in words[:count]])
    return [[[part[i] for part in row] for row in found] for i in (0, 1)]


def compiled(logits_NV, count, never):
    rows = len(logits_NV)
    logprob_NC, word_NC = room(rows, count), torch.full((rows, count), -7)
    given = guarded(logits_NV, logits_NV.dtype), torch.tensor(never), logprob_NC, word_NC
    run("best_words", logits_NV.dtype, *logits_NV.shape, count, len(never), *given)
    return logprob_NC, word_NC


@needs_compiler
@pytest.mark.parametrize("like", TYPES)
@pytest.mark.parametrize("vocab", [5, 16, 17, 100, 8003])
def test_the_loop_finds_what_sorting_finds(vocab, like):
    """Numbers of bfloat16 are often equal."""
    logits_NV = (torch.randn(9, vocab) * 3).to(like)
    best = sorted(range(vocab), key=lambda word: -float(logits_NV[0, word]))[:2]
    for count, never in ((1, []), (3, [PAD, BOS]), (3, best), (5, []), (min(vocab, 40), [])):
        logprob_NC, word_NC = compiled(logits_NV, count, never)
        logprobs, words = by_sorting(logits_NV, count, never)
        assert word_NC.tolist() == words
        near(logprob_NC, torch.tensor(logprobs, dtype=torch.float64), atol=1e-5)


@needs_compiler
@pytest.mark.parametrize("like", TYPES)
def test_rows_in_order_and_against_it(like):
    """Where every word is better than those before it, and the other way round."""
    logits_NV = torch.stack([torch.linspace(-4, 4, 65), torch.linspace(4, -4, 65)]).to(like)
    assert compiled(logits_NV, 64, [])[1].tolist() == by_sorting(logits_NV, 64, [])[1]


@needs_compiler
@pytest.mark.parametrize("like", TYPES)
def test_words_of_probability_alike_where_denormals_are_flushed(like):
    """The limit is 0 then, and a step below it would be no number; training flushes them, for its validation too."""
    torch.set_flush_denormal(True)
    logprob_NC, word_NC = compiled(torch.zeros(1, 100, dtype=like), 4, [PAD])
    assert word_NC.tolist() == [[1, 2, 3, 4]]
    near(logprob_NC, torch.full((1, 4), -math.log(100), dtype=torch.float64), atol=1e-5)


@needs_compiler
def test_impossible_words_are_not_found():
    logits_NV = torch.tensor([[-INF, 1.0, -INF, 3.0], [-INF, -INF, -INF, -2.0]])
    logprob_NC, word_NC = compiled(logits_NV, 3, [])
    assert word_NC.tolist() == [[3, 1, 0], [3, 0, 0]]
    near(logprob_NC, logits_NV.double().log_softmax(1).gather(1, word_NC))
    assert logprob_NC[:, 2].tolist() == [-INF, -INF]


@needs_compiler
def test_nan_comes_out():
    logits_NV = torch.randn(2, 40)
    logits_NV[1, 20] = NAN
    assert compiled(logits_NV, 2, [])[0].isnan().tolist() == [[False] * 2, [True] * 2]


@needs_compiler
def test_far_apart():
    """A word takes all: the others are worth what float32 can tell."""
    logprob_NC, word_NC = compiled(torch.tensor([[0.0, 1000.0, -1000.0, 999.0]]), 4, [])
    assert word_NC.tolist() == [[1, 3, 0, 2]]
    near(logprob_NC, torch.tensor([[0.0, 1000.0, -1000.0, 999.0]]).double().log_softmax(1)[:, [1, 3, 0, 2]])


@needs_compiler
def test_threads_change_no_bit():
    logits_NV = torch.randn(37, 501)
    alone, together = (with_threads(count, lambda: compiled(logits_NV, 10, [PAD])) for count in (1, 2))
    assert all(mine.equal(other) for mine, other in zip(alone, together, strict=True))


@pytest.mark.parametrize("on", [True, False], ids=["compiled", "PyTorch"])
@pytest.mark.parametrize("forbid_unk", [True, False])
@pytest.mark.parametrize("count", [1, 10, MOST + 1, 1000])
def test_words_that_may_not_be(on, forbid_unk, count):
    """The same by PyTorch and compiled, for more words than there are, too."""
    logits_NV = torch.randn(6, 90)
    logits_NV[:, [PAD, BOS, UNK]] = 5.0
    use_kernels(on)
    logprob_NC, word_NC = best_words(logits_NV, count, None, 0, forbid_unk)
    never = [PAD, BOS, *[UNK] * forbid_unk]
    logprobs, words = by_sorting(logits_NV, min(count, 90), never)
    possible = len(words[0])
    assert word_NC[:, :possible].tolist() == words
    near(logprob_NC[:, :possible], torch.tensor(logprobs, dtype=torch.float64), atol=1e-5)
    assert (logprob_NC[:, possible:] == -INF).all()
    assert find_kernel("best_words", logits_NV.double()) is None


def test_a_prefix_leaves_one_word():
    logits_NV, prefix_BP = torch.randn(4, 20), torch.tensor([[7, 8], [9, PAD]])
    logprob_NC, word_NC = best_words(logits_NV, 2, prefix_BP, 1, False)
    expected_NV = logits_NV.double().log_softmax(1)
    assert word_NC[:2, 0].tolist() == [8, 8]
    near(logprob_NC[:2], torch.stack([expected_NV[:2, 8], torch.full((2,), -INF).double()], 1), atol=1e-5)
    assert word_NC[2:].tolist() == by_sorting(logits_NV[2:], 2, [PAD, BOS])[1]
