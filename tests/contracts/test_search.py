"""Search and forced decoding are two ways through one model; search finds what enumeration finds."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch

from nmt.data.batch import collate, collate_source
from nmt.search.beam import beam_search
from nmt.search.config import SearchConfig
from nmt.search.penalties import NoPenalty
from nmt.text.vocab import EOS, UNK

from .variants import DECODERS, EACH_BRIDGE, windowed

SRC = [[4, 5, 6, 7], [9], [], [10, 4, 4]]
CONFIG = SearchConfig(beam_size=3, n_best=3, max_length_ratio=1.5)


def search(model, src, config=CONFIG):
    src_BS, src_len_B = collate_source(src)
    return beam_search(model.eval(), src_BS, src_len_B, config)


def assert_search_equals_forced_decoding(model, src, config=CONFIG):
    found = [
        (words, hypothesis) for words, each in zip(src, search(model, src, config), strict=True) for hypothesis in each
    ]
    outputs = [[token for token in hypothesis.tokens if token != EOS] for _, hypothesis in found]
    with torch.no_grad():
        forced = model.force(collate([words for words, _ in found], outputs, []))
    for row, (words, hypothesis) in enumerate(found):
        steps = len(hypothesis.tokens)
        assert hypothesis.logprob == pytest.approx(float(forced.logprob_BT[row, :steps].sum()), abs=1e-9)
        assert (hypothesis.weights_TS is None) == (forced.weights_BTS is None) == (not model.decoder.has_attention)
        if hypothesis.weights_TS is not None:
            expected_TS = forced.weights_BTS[row, :steps, : len(words) + 1].numpy()
            np.testing.assert_allclose(hypothesis.weights_TS, expected_TS, rtol=0, atol=1e-7)
    return [hypothesis for _, hypothesis in found]


@pytest.mark.parametrize("variant", [*DECODERS, *EACH_BRIDGE], ids=str)
def test_logprob_and_alignment_equal_forced_decoding(variant):
    assert_search_equals_forced_decoding(variant.model(), SRC)


@pytest.mark.parametrize("variant", [*windowed("local_m"), *windowed("local_p")], ids=str)
def test_windows_of_short_sources_and_long_outputs(variant):
    """Outputs go on far behind the last source position; every row is a distribution all the same."""
    model = variant.model()
    with torch.no_grad():
        model.projection.bias[EOS] = -30
    config = SearchConfig(beam_size=3, n_best=2, max_length_ratio=6)
    for hypothesis in assert_search_equals_forced_decoding(model, [[4], [], [9, 5]], config):
        rows, positions = hypothesis.weights_TS.shape
        assert rows == len(hypothesis.tokens) == 6 * positions
        np.testing.assert_allclose(hypothesis.weights_TS.sum(1), 1, rtol=0, atol=1e-6)


@pytest.mark.parametrize("variant", DECODERS, ids=str)
def test_a_sentence_alone_gives_what_it_gives_in_a_batch(variant):
    model = variant.model()
    for src, together in zip(SRC, search(model, SRC), strict=True):
        (alone,) = search(model, [src])
        assert [hypothesis.tokens for hypothesis in alone] == [hypothesis.tokens for hypothesis in together]
        for left, right in zip(alone, together, strict=True):
            assert left.score == pytest.approx(right.score, abs=1e-9)
            if left.weights_TS is not None:
                np.testing.assert_allclose(left.weights_TS, right.weights_TS, rtol=0, atol=1e-6)


@pytest.mark.parametrize("variant", DECODERS, ids=str)
def test_a_wide_beam_equals_exhaustive_enumeration(variant):
    """All outputs of at most 3 tokens over {UNK, 4} and EOS: 1 + 2 + 4 of them end."""
    model = variant.model(tgt_vocab=5).eval()
    outputs = [list(words) for length in range(3) for words in product((UNK, 4), repeat=length)]
    config = SearchConfig(beam_size=12, n_best=12, max_length_ratio=1.0, length_penalty=NoPenalty.Config())
    (found,) = search(model, [[7, 8]], config)
    with torch.no_grad():
        logprob_B = model.force(collate([[7, 8]] * len(outputs), outputs, [])).logprob_BT.sum(1).tolist()
    expected = sorted(zip(logprob_B, outputs, strict=True), reverse=True)
    assert [hypothesis.tokens for hypothesis in found] == [[*output, EOS] for _, output in expected]
    assert [hypothesis.logprob for hypothesis in found] == pytest.approx([logprob for logprob, _ in expected], abs=1e-9)
