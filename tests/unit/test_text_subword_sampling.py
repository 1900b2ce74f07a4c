"""The pieces that are drawn for a word: against SentencePiece's best ones, and in the proportions of the papers."""

import math
import random
from collections import Counter

import pytest

from nmt.text.bpe_dropout import BPEDropout
from nmt.text.tokenizers.sentencepiece import SentencePiece
from nmt.text.unigram_sampling import UnigramSampler
from nmt.text.vocab import UNK, VocabConfig
from nmt.text.word_marks import MARK

TEXTS = ["der hund schläft", "die hunde schlafen", "der fisch", "ein schlafender hund sieht die fische !"] * 4
OTHERS = [*TEXTS, "", "hundefische", "qxq hund qq€", "ﬁsch  der\tx", "▁der ▁▁ x", "schlaf " * 9, "q" * 40 + "hund" * 12]
DRAWS = 20000


def fit(folder, model, sampling):
    path = folder / "text"
    path.write_text("\n".join(TEXTS), encoding="utf-8")
    return SentencePiece.fit(SentencePiece.Config(model=model, sampling=sampling), VocabConfig(size=29), [path])


def shares(draw, word):
    generator = random.Random(7)
    counts = Counter(tuple(draw(word, generator.random)) for _ in range(DRAWS))
    return {ids: count / DRAWS for ids, count in counts.items()}


@pytest.mark.parametrize(("model", "sampling"), [("bpe", 1e-12), ("unigram", 300.0)])
def test_without_chance_the_pieces_are_sentencepieces(tmp_path, model, sampling):
    """No merge is dropped; a power of 300, which no config may have, leaves the best segmentation alone."""
    tokenizer = fit(tmp_path, model, 0.5)
    config = tokenizer.config.model_copy(update={"sampling": sampling})
    draw = SentencePiece(config, tokenizer.to_bytes()).sampler(OTHERS)
    assert draw("a") == tokenizer.encode_all(OTHERS)


@pytest.mark.parametrize("model", ["bpe", "unigram"])
def test_any_draw_is_the_text(tmp_path, model):
    tokenizer = fit(tmp_path, model, 0.6 if model == "bpe" else 0.1)
    draw = tokenizer.sampler(OTHERS)
    best = [tokenizer.decode(tokenizer.pieces(ids)) for ids in tokenizer.encode_all(OTHERS)]
    for seed in "abc":
        assert [tokenizer.decode(tokenizer.pieces(ids)) for ids in draw(seed)] == best
    assert draw("a") == draw("a") != draw("b")


def slow_bpe_dropout(ids, word, rate, generator):
    """Algorithm 1 of Provilkov et al. 2020, line by line."""
    split = list(word)
    while True:
        merges = [(ids[split[i] + split[i + 1]], i) for i in range(len(split) - 1) if split[i] + split[i + 1] in ids]
        merges = [merge for merge in merges if generator.random() >= rate]
        if not merges:
            return tuple(ids[piece] for piece in split)
        _, i = min(merges)
        split[i : i + 2] = [split[i] + split[i + 1]]


def test_bpe_dropout_by_hand():
    """`ab` has two merges, one after the other: both are made in 0.7^2 of the draws, only the first in 0.7 * 0.3."""
    draw = BPEDropout({"ab": 4, "▁ab": 5, "▁": 6, "a": 7, "b": 8}, 0.3).draw
    assert shares(draw, "▁ab") == pytest.approx({(5,): 0.49, (6, 4): 0.21, (6, 7, 8): 0.3}, abs=0.01)


@pytest.mark.parametrize("rate", [0.1, 0.6])
def test_bpe_dropout_equals_the_algorithm(rate):
    names = ["ab", "bc", "abab", "ca", "abc", "▁ab", "bab", "▁", "a", "b", "c"]
    ids = {name: number for number, name in enumerate(names, start=4)}
    generator = random.Random(8)
    counts = Counter(slow_bpe_dropout(ids, "▁ababca", rate, generator) for _ in range(DRAWS))
    fast = shares(BPEDropout(ids, rate).draw, "▁ababca")
    assert len(counts) > 5
    assert all(abs(fast.get(split, 0) - counts[split] / DRAWS) < 0.015 for split in {*fast, *counts})


@pytest.mark.parametrize("alpha", [0.2, 1.0])
def test_unigram_equals_enumeration(alpha):
    scores = {MARK: -3.0, "a": -2.0, "b": -2.5, "ab": -2.2, "ba": -4.0, "▁a": -2.1, "bab": -5.0, "▁ab": -6.0}
    pieces = {piece: (number, score) for number, (piece, score) in enumerate(scores.items(), start=4)}

    def segmentations(text):
        if not text:
            yield ()
        for end in range(1, len(text) + 1):
            if text[:end] in scores:
                yield from ((text[:end], *rest) for rest in segmentations(text[end:]))

    found = list(segmentations("▁abab"))
    weights = [math.exp(alpha * sum(scores[piece] for piece in each)) for each in found]
    expected = {
        tuple(pieces[piece][0] for piece in each): weight / sum(weights)
        for each, weight in zip(found, weights, strict=True)
    }
    assert len(expected) > 8
    assert shares(UnigramSampler(pieces, alpha).draw, "▁abab") == pytest.approx(expected, abs=0.015)


def test_unknown_characters_are_one_piece():
    draw = random.Random(1).random
    assert BPEDropout({"a": 4}, 0.5).draw("qxaq", draw) == (UNK, 4, UNK)
    assert UnigramSampler({"a": (4, -1.0)}, 0.5).draw("qxaq", draw) == [UNK, 4, UNK]
