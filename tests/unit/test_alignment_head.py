"""The alignment head: its equation, what it may read, what it trains, and where its matrix comes out."""

import math

import numpy as np
import pytest
import torch

from nmt.data.batch import collate
from nmt.device import Compute
from nmt.models.config import ModelConfig
from nmt.models.ensemble import Ensemble
from nmt.models.guidance import GuidedAlignment
from nmt.models.seq2seq import Seq2Seq
from nmt.search.config import SearchConfig
from nmt.text.tokenizers.word import Word
from nmt.text.vocab import VocabConfig
from nmt.translator import Translator

from .test_guided_alignment import guided_batch
from .test_training_objectives import DECODERS, VOCAB, make_batch


def make_model(decoder=DECODERS[0], learn="joint", vocab=VOCAB, lexical=None):
    torch.manual_seed(2)
    config = {
        "embedding": {"dim": 6},
        "encoder": {"type": "rnn", "dim": 5},
        "decoder": decoder | {"dropout": 0.0},
        "alignment_head": {"dim": 4, "learn": learn},
        "lexical_readout": lexical,
    }
    return Seq2Seq(ModelConfig.model_validate(config), src_vocab=vocab, tgt_vocab=vocab).double()


@pytest.mark.parametrize(
    ("decoder", "lexical"), [*((decoder, None) for decoder in DECODERS), (DECODERS[0], {"dropout": 0.0})], ids=str
)
def test_the_weights_are_the_equation(decoder, lexical):
    model, batch = make_model(decoder, lexical=lexical), make_batch()
    head = model.alignment_head
    found = model.force(batch).weights_BTS
    features_RF, _ = model._features(batch)
    encoded = model.encoder(model.src_embedding(batch.src_BS), batch.src_len_B)
    for r, (b, t) in enumerate(zip(*(part.tolist() for part in batch.real_targets), strict=True)):
        y = batch.tgt_out_BT[b, t]
        query = head.query.weight @ torch.cat([features_RF[r], model.tgt_embedding.weight[y]]) + head.query.bias
        scores = []
        for s in range(batch.src_len_B[b]):
            read = torch.cat([encoded.states_BSD[b, s], model.src_embedding.weight[batch.src_BS[b, s]]])
            scores.append(torch.exp((head.key.weight @ read + head.key.bias) @ query / math.sqrt(4)).item())
        expected = [score / sum(scores) for score in scores]
        expected += [0.0] * (batch.src_BS.size(1) - len(scores))
        assert found[b, t].tolist() == pytest.approx(expected, abs=1e-12)


def test_it_reads_the_word_that_it_aligns_and_no_later_one():
    model = make_model()
    before = model.force(collate([[4, 5, 6]], [[5, 6, 4]], [0])).weights_BTS[0]
    after = model.force(collate([[4, 5, 6]], [[5, 4, 4]], [0])).weights_BTS[0]
    assert torch.equal(before[0], after[0])
    assert not torch.allclose(before[1], after[1])


@pytest.mark.parametrize("learn", ["joint", "detached", "alone"])
def test_what_its_loss_changes(learn):
    model, batch = make_model(learn=learn), guided_batch()
    named = dict(model.named_parameters())
    own = {name for name in named if name.startswith("alignment_head.")}
    assert {name for name, p in named.items() if p.requires_grad} == (own if learn == "alone" else set(named))
    loss = model.loss(batch, guided=GuidedAlignment(weight=3.0))
    loss.total.backward()
    if learn == "alone":
        assert {name for name, p in named.items() if p.grad is not None} == own
        return
    gradients = {name: p.grad for name, p in named.items()}
    plain = torch.autograd.grad(model.loss(batch).total, [p for n, p in named.items() if n not in own])
    same = [
        torch.allclose(gradients[name], gradient)
        for name, gradient in zip((name for name in named if name not in own), plain, strict=True)
    ]
    assert all(same) if learn == "detached" else not all(same)
    assert all(gradients[name].abs().sum() > 0 for name in own - {"alignment_head.key.bias"})


@pytest.mark.parametrize("decoder", DECODERS, ids=lambda decoder: decoder["type"])
def test_translations_are_read_by_force(decoder, tmp_path):
    path = tmp_path / "text"
    path.write_text("a b c d e\n", encoding="utf-8")
    word = Word.fit(Word.Config(), VocabConfig(size=20), [path])
    model = make_model(decoder, vocab=len(word)).float()
    compute = Compute(torch.device("cpu"), "fp32")
    translator = Translator(model, (word, word), SearchConfig(beam_size=2, max_length_ratio=1.5), compute)
    lines = ["a b", "", "c d e a", "b"]
    found = [best[0] for best in translator.translate(lines)]
    read = [one for (one,) in translator.read_head([one] for one in found)]
    assert [one.text for one in read] == [one.text for one in found]
    assert [one.logprob for one in read] == [one.logprob for one in found]
    for line, one, searched in zip(lines, read, found, strict=True):
        if not one.tgt.ids or not line:
            continue
        forced = next(translator.align([(line, " ".join(one.tgt.pieces))]))
        np.testing.assert_allclose(one.weights_TS, forced.weights_TS[: len(one.weights_TS)], atol=1e-6)
        if searched.weights_TS is not None:
            assert one.weights_TS.shape == searched.weights_TS.shape
            assert not np.allclose(one.weights_TS, searched.weights_TS)
    translator.model = Ensemble([model])
    assert translator.model.has_alignment_head
