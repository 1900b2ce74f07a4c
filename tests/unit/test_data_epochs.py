"""Epochs, and the pieces that are drawn for each of them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nmt.data.config import BatchingConfig
from nmt.data.corpus import Corpus
from nmt.data.epochs import Epochs
from nmt.data.subword_sampling import subword_sampling
from nmt.text.tokenizers.sentencepiece import SentencePiece
from nmt.text.vocab import VocabConfig

TEXTS = ["der hund schläft", "die hunde schlafen", "der fisch", "", "ein schlafender hund sieht die fische"] * 4


def fit(folder, model, sampling, size=28):
    path = Path(folder) / "text"
    path.write_text("\n".join(TEXTS), encoding="utf-8")
    config = SentencePiece.Config(model=model, sampling=sampling)
    return SentencePiece.fit(config, VocabConfig(size=size), [path])


def sampling(tokenizer, max_length=100, seed=1):
    lines = [i for i, text in enumerate(TEXTS, start=1) if text]
    ids = tokenizer.encode_all([TEXTS[line - 1] for line in lines])
    corpus = Corpus(ids, ids, lines)
    return corpus, subword_sampling(corpus, [(text, text) for text in TEXTS], (tokenizer, tokenizer), max_length, seed)


@pytest.mark.parametrize("model", ["bpe", "unigram"])
class TestPieces:
    """Of both algorithms."""

    def test_other_pieces_of_the_same_text(self, tmp_path, model):
        tokenizer = fit(tmp_path, model, 0.3)
        best, draw = sampling(tokenizer)
        drawn = [draw(epoch) for epoch in (1, 2, 3)]
        for corpus in drawn:
            assert corpus.line == best.line
            for side in (corpus.src, corpus.tgt):
                texts = [tokenizer.decode(tokenizer.pieces(ids)) for ids in side]
                assert texts == [TEXTS[line - 1] for line in best.line]
        sides = [best.src, *(side for corpus in drawn for side in (corpus.src, corpus.tgt))]
        assert len({json.dumps(side) for side in sides}) == 7

    def test_a_function_of_seed_and_epoch(self, tmp_path, model):
        tokenizer = fit(tmp_path, model, 0.3)
        _, draw = sampling(tokenizer)
        first, second = draw(1), draw(2)
        assert sampling(tokenizer)[1](2) == second
        assert draw(1) == first
        assert sampling(tokenizer, seed=2)[1](1) != first

    def test_same_pieces_in_another_process(self, tmp_path, model):
        tokenizer = fit(tmp_path, model, 0.3)
        (tmp_path / "model").write_bytes(tokenizer.to_bytes())
        program = (
            "import json, pathlib, sys; from nmt.text.tokenizers.sentencepiece import SentencePiece as S;"
            "path, model, texts = sys.argv[1:];"
            "t = S.from_bytes(S.Config(model=model, sampling=0.3), pathlib.Path(path).read_bytes());"
            "print(json.dumps(t.sampler(json.loads(texts))('77')))"
        )
        command = [sys.executable, "-c", program, str(tmp_path / "model"), model, json.dumps(TEXTS)]
        there = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert json.loads(there) == tokenizer.sampler(TEXTS)("77")

    def test_too_long_keeps_the_best(self, tmp_path, model):
        tokenizer = fit(tmp_path, model, 0.9 if model == "bpe" else 0.01)
        limit = max(map(len, sampling(tokenizer)[0].src))
        best, draw = sampling(tokenizer, max_length=limit)
        drawn, free = draw(1), sampling(tokenizer)[1](1)
        kept = [ids == other for ids, other in zip(drawn.src, best.src, strict=True)]
        assert max(map(len, drawn.src)) <= limit < max(map(len, free.src))
        assert any(kept) and not all(kept)

    def test_encoding_is_not_sampled(self, tmp_path, model):
        drawing, plain = fit(tmp_path, model, 0.9), fit(tmp_path, model, None)
        assert drawing.fingerprint() == plain.fingerprint()
        assert drawing.encode_all(TEXTS) == plain.encode_all(TEXTS)
        assert drawing.encode(TEXTS[0]) == plain.encode(TEXTS[0])
        assert plain.sampler(TEXTS) is None and sampling(plain)[1] is None


def test_batches_are_cut_by_the_lengths_of_the_epoch():
    short = Corpus([[4]] * 6, [[4]] * 6, list(range(6)))

    def longer(epoch):
        return Corpus([[4] * epoch] * 6, [[4]] * 6, short.line)

    data = Epochs(short, BatchingConfig(max_tokens=6), seed=1, resample=longer)
    assert [sorted(map(len, data.epoch(number).batches)) for number in (1, 2, 5)] == [[3, 3], [2, 2, 2], [1] * 6]
    assert data.epoch(2).number == 2
    assert data.epoch(2).batch([0, 3]).src_BS.tolist() == [[4, 4, 2]] * 2
    assert data.epoch(2).padded_size([0, 3]) == (2, 3)
    assert Epochs(short, BatchingConfig(max_tokens=6), seed=1).epoch(5).corpus is short
