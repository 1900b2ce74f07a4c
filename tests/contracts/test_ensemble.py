"""Ensembles of models of any kind, against their members."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch

from nmt.data.batch import collate, collate_source
from nmt.decoders.decoder import Decoder
from nmt.models.ensemble import Ensemble
from nmt.search.beam import beam_search
from nmt.search.config import SearchConfig
from nmt.search.penalties import NoPenalty
from nmt.search.sampling import Sampling, sample
from nmt.text.vocab import EOS, UNK

from .variants import DECODERS

SRC = [[4, 5, 6, 7], [9], [], [10, 4, 4]]
CONFIG = SearchConfig(beam_size=3, n_best=3, max_length_ratio=1.5)
PLAINEST = {variant.decoder["type"]: variant for variant in reversed(DECODERS)}


def model(name, seed, tgt_vocab=9):
    """A model of the kind with weights of its own."""
    made = PLAINEST[name].model(tgt_vocab=tgt_vocab)
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.normal_(0, 0.5)
    return made.eval()


def search(one, src=SRC, config=CONFIG):
    return beam_search(one, *collate_source(src), config)


def test_every_decoder_is_there():
    assert set(PLAINEST) == set(Decoder.registry)


@pytest.mark.parametrize("name", PLAINEST)
def test_a_model_with_itself_is_the_model(name):
    alone = model(name, 1)
    ensemble = Ensemble([alone, alone, alone]).eval()
    assert ensemble.has_attention == alone.has_attention
    for found, expected in zip(search(ensemble), search(alone), strict=True):
        assert [item.tokens for item in found] == [item.tokens for item in expected]
        assert [item.score for item in found] == pytest.approx([item.score for item in expected], abs=1e-9)
        for item, other in zip(found, expected, strict=True):
            assert (item.weights_TS is None) == (other.weights_TS is None)
            if item.weights_TS is not None:
                np.testing.assert_allclose(item.weights_TS, other.weights_TS, rtol=0, atol=1e-7)


def by_hand(members, src, output):
    """sum_t log mean_m p_m(y_t | y_<t, x) and mean_m a_m, from each member forced by itself."""
    forced = [member.force(collate([src], [output], [])) for member in members]
    probabilities = np.stack([np.exp(one.logprob_BT[0].numpy()) for one in forced])
    weights = [one.weights_BTS[0].numpy() for one in forced if one.weights_BTS is not None]
    return float(np.log(probabilities.mean(0)).sum()), np.stack(weights).mean(0)


MIXTURES = [("bahdanau", "luong"), ("luong", "plain"), ("bahdanau", "bahdanau", "transformer", "plain")]


@pytest.mark.parametrize("names", MIXTURES, ids="+".join)
@torch.no_grad()
def test_search_equals_enumeration_with_the_members_means_by_hand(names):
    """All outputs of at most 3 tokens over {UNK, 4} and EOS: 1 + 2 + 4 of them end."""
    members = [model(name, seed, tgt_vocab=5) for seed, name in enumerate(names)]
    outputs = [list(words) for length in range(3) for words in product((UNK, 4), repeat=length)]
    config = SearchConfig(beam_size=12, n_best=12, max_length_ratio=1.0, length_penalty=NoPenalty.Config())
    expected = sorted(((*by_hand(members, [7, 8], output), output) for output in outputs), key=lambda item: -item[0])
    (found,) = search(Ensemble(members).eval(), [[7, 8]], config)
    assert [item.tokens for item in found] == [[*output, EOS] for *_, output in expected]
    for item, (logprob, weights_TS, _) in zip(found, expected, strict=True):
        assert item.logprob == pytest.approx(logprob, abs=1e-9)
        np.testing.assert_allclose(item.weights_TS, weights_TS, rtol=0, atol=1e-7)


@pytest.mark.parametrize("names", MIXTURES, ids="+".join)
@torch.no_grad()
def test_forced_decoding_is_the_members_means_by_hand(names):
    members = [model(name, seed) for seed, name in enumerate(names)]
    outputs = [[4, 8, 5], [], [6], [7, 7]]
    forced = Ensemble(members).eval().force(collate(SRC, outputs, []))
    for row, (src, output) in enumerate(zip(SRC, outputs, strict=True)):
        logprob, weights_TS = by_hand(members, src, output)
        assert float(forced.logprob_BT[row].sum()) == pytest.approx(logprob, abs=1e-9)
        found_TS = forced.weights_BTS[row, : len(output) + 1, : len(src) + 1]
        np.testing.assert_allclose(found_TS.numpy(), weights_TS, rtol=0, atol=1e-9)


def test_members_without_attention_give_none():
    ensemble = Ensemble([model("plain", 1), model("plain", 2)])
    assert not ensemble.has_attention
    assert all(item.weights_TS is None for found in search(ensemble.eval()) for item in found)
    assert Ensemble([model("plain", 1), model("luong", 2)]).has_attention


def test_a_sentence_alone_gives_what_it_gives_in_a_batch():
    ensemble = Ensemble([model("bahdanau", 1), model("luong", 2), model("plain", 3)]).eval()
    for src, together in zip(SRC, search(ensemble), strict=True):
        (alone,) = search(ensemble, [src])
        assert [item.tokens for item in alone] == [item.tokens for item in together]
        assert [item.score for item in alone] == pytest.approx([item.score for item in together], abs=1e-9)


@pytest.mark.parametrize("name", PLAINEST)
@torch.no_grad()
def test_samples_have_the_log_probability_and_alignment_of_forced_decoding(name):
    one = model(name, 1)
    config = SearchConfig(beam_size=4, n_best=4, max_length_ratio=1.5)
    found = sample(one, collate_source(SRC), config, Sampling(temperature=1.5), range(4))
    assert len({tuple(item.tokens) for item in found[0]}) > 1
    pairs = [(src, item) for src, items in zip(SRC, found, strict=True) for item in items]
    outputs = [[token for token in item.tokens if token != EOS] for _, item in pairs]
    forced = one.force(collate([src for src, _ in pairs], outputs, []))
    for row, (src, item) in enumerate(pairs):
        steps = len(item.tokens)
        assert item.logprob == pytest.approx(float(forced.logprob_BT[row, :steps].sum()), abs=1e-9)
        if item.weights_TS is not None:
            expected_TS = forced.weights_BTS[row, :steps, : len(src) + 1].numpy()
            np.testing.assert_allclose(item.weights_TS, expected_TS, rtol=0, atol=1e-7)
