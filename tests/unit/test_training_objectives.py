"""Training objectives on a small model with dropout, each against its equations computed without haste."""

import random
from collections import Counter
from dataclasses import replace

import pytest
import sacrebleu
import torch
from torch.nn import functional as F

from nmt.data.batch import collate, doubled
from nmt.models import token_logprob
from nmt.models.config import ModelConfig
from nmt.models.seq2seq import Seq2Seq
from nmt.text.vocab import BOS, EOS, PAD, UNK
from nmt.training.objectives.candidates import draw_candidates
from nmt.training.objectives.cross_entropy import CrossEntropy
from nmt.training.objectives.decays import ExponentialDecay, InverseSigmoidDecay, LinearDecay
from nmt.training.objectives.minimum_risk import MinimumRisk
from nmt.training.objectives.objective import Setting
from nmt.training.objectives.r_drop import RDrop
from nmt.training.objectives.scheduled_sampling import ScheduledSampling, mixed
from nmt.training.objectives.sentence_bleu import sentence_bleu

VOCAB = 7
DECODERS = [
    {"type": "bahdanau", "dim": 5, "maxout": 6, "dropout": 0.4},
    {"type": "luong", "cell": "gru", "dim": 5, "dropout": 0.4},
    {"type": "plain", "dim": 5, "dropout": 0.4},
]
SETTING = Setting(step=1, label_smoothing=0.1)


def make_model(decoder=DECODERS[0], dropout=0.4):
    torch.manual_seed(2)
    config = {
        "embedding": {"dim": 6, "dropout": dropout},
        "encoder": {"type": "rnn", "dim": 5},
        "decoder": decoder | {"dropout": dropout},
    }
    return Seq2Seq(ModelConfig.model_validate(config), src_vocab=VOCAB, tgt_vocab=VOCAB).double()


def make_batch():
    return collate([[4, 5, 6], [6], [5, 4]], [[5, 6], [4, 4, 6, 5], [6]], [0, 1, 2])


def gradients(model, loss):
    return torch.autograd.grad(loss, list(model.parameters()), allow_unused=True)


def test_cross_entropy_is_the_loss_of_the_model():
    model, batch = make_model(dropout=0.0), make_batch()
    assert CrossEntropy.Config().build().loss(model, batch, SETTING) == model.loss(batch, 0.1)
    assert CrossEntropy.Config().build().size(batch) == 3 + 5 + 2
    assert CrossEntropy.Config(mean_over="sentences").build().size(batch) == 3


def test_a_doubled_batch_has_each_pair_twice():
    twice = doubled(make_batch())
    expected = collate(
        [[4, 5, 6], [4, 5, 6], [6], [6], [5, 4], [5, 4]],
        [[5, 6], [5, 6], [4, 4, 6, 5], [4, 4, 6, 5], [6], [6]],
        [0, 0, 1, 1, 2, 2],
    )
    assert twice.ids == expected.ids
    for name in ("src_BS", "src_len_B", "tgt_in_BT", "tgt_out_BT"):
        assert torch.equal(getattr(twice, name), getattr(expected, name))
    places = list(zip(*(part.tolist() for part in twice.real_targets), strict=True))
    assert places[:4] == [(0, 0), (1, 0), (0, 1), (1, 1)]
    assert sorted(places) == list(zip(*(part.tolist() for part in expected.real_targets), strict=True))


@pytest.mark.parametrize("decoder", DECODERS, ids=lambda decoder: decoder["type"])
def test_r_drop_equals_two_softmaxes(decoder):
    """Liang et al. 2021, eq. 4, halved; the same masks by the same seed."""
    model, batch = make_model(decoder), make_batch()
    torch.manual_seed(3)
    found = RDrop.Config(alpha=2.5).build().loss(model, batch, SETTING)

    torch.manual_seed(3)
    features_RF, _ = model._features(doubled(batch))
    target_R = batch.tgt_out_BT[batch.real_targets]
    one, two = (model.projection(features_RF[copy::2]).log_softmax(-1) for copy in (0, 1))
    assert not torch.allclose(one, two)
    plain = sum(F.nll_loss(logprob, target_R, reduction="sum") for logprob in (one, two)) / 2
    smoothed = sum(F.cross_entropy(p, target_R, label_smoothing=0.1, reduction="sum") for p in (one, two)) / 2
    kl = F.kl_div(one, two, reduction="sum", log_target=True) + F.kl_div(two, one, reduction="sum", log_target=True)
    expected = smoothed + 2.5 / 2 * kl / 2
    torch.testing.assert_close(found.total, expected)
    torch.testing.assert_close(found.nll, plain.detach())
    assert found.tokens == batch.tokens
    for mine, other in zip(gradients(model, found.total), gradients(model, expected), strict=True):
        torch.testing.assert_close(mine, other)


def test_r_drop_without_dropout_is_cross_entropy():
    model, batch = make_model(dropout=0.0), make_batch()
    found = RDrop.Config(alpha=9.0).build().loss(model, batch, SETTING)
    torch.testing.assert_close(found.total, model.loss(batch, 0.1).total)


def test_decays_by_hand():
    linear = LinearDecay.Config(start=0.9, slope=0.01, minimum=0.25).build()
    assert [linear.share(i) for i in (0, 10, 1000)] == pytest.approx([0.9, 0.8, 0.25])
    assert [ExponentialDecay.Config(k=0.5).build().share(i) for i in (0, 1, 3)] == [1, 0.5, 0.125]
    sigmoid = InverseSigmoidDecay.Config(k=10.0).build()
    assert [sigmoid.share(i) for i in (0, 10)] == pytest.approx([10 / 11, 10 / 12.718281828])
    assert sigmoid.share(10**9) == pytest.approx(0)


def test_scheduled_sampling_of_references_alone_is_cross_entropy():
    model, batch = make_model(), make_batch()
    objective = ScheduledSampling.Config(decay=LinearDecay.Config(slope=0.0)).build()
    torch.manual_seed(4)
    found = objective.loss(model, batch, Setting(99, 0.1))
    torch.manual_seed(4)
    assert found == model.loss(batch, 0.1)


@pytest.mark.parametrize("decoder", DECODERS, ids=lambda decoder: decoder["type"])
def test_scheduled_sampling_without_references_reads_its_predictions(decoder):
    """Epsilon 0 without dropout: word t is the best one after the reference words before it, found step by step."""
    model, batch = make_model(decoder, dropout=0.0), make_batch()
    inputs_BT = batch.tgt_in_BT.clone()
    memory, state = model.start(batch.src_BS, batch.src_len_B)
    for t in range(inputs_BT.size(1) - 1):
        logits_BV, _, state = model.step(batch.tgt_in_BT[:, t], memory, state)
        reads_B = batch.tgt_in_BT[:, t + 1] != 0
        logits_BV[:, [PAD, BOS]] = float("-inf")
        inputs_BT[reads_B, t + 1] = logits_BV.argmax(-1)[reads_B]
    assert not torch.equal(inputs_BT, batch.tgt_in_BT)

    nothing = LinearDecay.Config(start=0.0)
    objective = ScheduledSampling.Config(decay=nothing, prediction="argmax").build()
    found = objective.loss(model, batch, SETTING)
    expected = model.loss(replace(batch, tgt_in_BT=inputs_BT), 0.1)
    torch.testing.assert_close(found.total, expected.total)
    for mine, other in zip(gradients(model, found.total), gradients(model, expected.total), strict=True):
        torch.testing.assert_close(mine, other)


def test_words_are_mixed_at_random_and_bos_and_padding_stay():
    batch = collate([[4]] * 2000, [[5] * 3, [5]] * 1000, list(range(2000)))
    tgt_in_BT = mixed(batch, torch.full((batch.tokens,), 6), 0.7).tgt_in_BT
    assert torch.equal(tgt_in_BT == 5, (batch.tgt_in_BT == 5) & (tgt_in_BT != 6))
    assert torch.equal(tgt_in_BT == 1, batch.tgt_in_BT == 1) and torch.equal(tgt_in_BT == 0, batch.tgt_in_BT == 0)
    assert (tgt_in_BT == 6).sum() / (batch.tgt_in_BT == 5).sum() == pytest.approx(0.3, abs=0.03)


SHARES = [
    (LinearDecay.Config(start=0.9, slope=0.2, minimum=0.15), {1: 0.9, 2: 0.7, 4: 0.3, 9: 0.15}),
    (ExponentialDecay.Config(k=0.5), {1: 1.0, 2: 0.5, 3: 0.25, 11: 0.0009765625}),
    (InverseSigmoidDecay.Config(k=2.0), {1: 0.6666667, 3: 0.4238831, 5: 0.2130140, 9: 0.0353368}),
]
"""Bengio et al. 2015, section 2.4, by hand; update 1 is the paper's i = 0."""


@pytest.mark.parametrize(("decay", "shares"), SHARES, ids=["linear", "exponential", "inverse_sigmoid"])
def test_the_share_of_references_falls_from_update_to_update(decay, shares, monkeypatch):
    """What the decoder is given to read at an update: all predictions are word 6, and no reference is."""
    model, read = make_model(), []
    batch = collate([[4]] * 2000, [[5, 4, 5, 4]] * 2000, list(range(2000)))
    monkeypatch.setattr(model, "predict", lambda batch, *_: torch.full((batch.tokens,), 6))
    monkeypatch.setattr(model, "loss", lambda batch, *_, **__: read.append(batch.tgt_in_BT))
    objective = ScheduledSampling.Config(decay=decay).build()
    for step in shares:
        torch.manual_seed(step)
        objective.loss(model, batch, Setting(step, 0.1))
    found = [float((tgt_in_BT[:, 1:] != 6).double().mean()) for tgt_in_BT in read]
    assert found == pytest.approx(list(shares.values()), abs=0.02)


def test_predictions_are_drawn_from_the_distribution():
    model = make_model(dropout=0.0)
    batch = collate([[4, 5]] * 4000, [[5]] * 4000, list(range(4000)))
    drawn = model.predict(batch, True, [PAD, BOS]).view(4000, 2)
    logits = model.projection(model._features(batch)[0])[:2]
    words = [EOS, UNK, *range(4, VOCAB)]
    expected = torch.zeros(2, VOCAB).index_copy(1, torch.tensor(words), logits[:, words].softmax(-1).detach().float())
    for t in (0, 1):
        shares = torch.bincount(drawn[:, t], minlength=VOCAB) / 4000
        torch.testing.assert_close(shares, expected[t], rtol=0, atol=0.03)
    assert torch.equal(model.predict(batch, False, [PAD, BOS])[:2], expected.argmax(-1))
    with torch.no_grad():
        model.projection.bias[[PAD, BOS]] = 100
    for sample in (True, False):
        assert not {PAD, BOS} & set(model.predict(batch, sample, [PAD, BOS]).tolist())


def test_sentence_bleu_equals_sacrebleu():
    generator = random.Random(5)
    metric = sacrebleu.BLEU(smooth_method="add-k", smooth_value=1, effective_order=False, tokenize="none")
    for _ in range(200):
        hyp, ref = ([generator.randrange(6) for _ in range(generator.randrange(1, 9))] for _ in "hr")
        texts = [" ".join(f"w{i}" for i in ids) for ids in (hyp, ref)]
        expected = metric.sentence_score(texts[0], [texts[1]]).score / 100 if set(hyp) & set(ref) else 0
        assert sentence_bleu(hyp, ref) == pytest.approx(expected, abs=1e-9)
    assert sentence_bleu([], [4]) == 0
    assert sentence_bleu("a cat sat there".split(), "a cat sat there".split()) == 1


@torch.no_grad()
def test_candidates_are_drawn_from_the_distribution():
    """All translations of at most one word, enumerated; PAD and BOS are never drawn."""
    model = make_model(dropout=0.0).eval()
    batch = collate([[4, 5], [6]], [[5], [5]], [0, 1])
    memory, first = model.start(batch.src_BS, batch.src_len_B)
    logits_BV, _, state = model.step(torch.tensor([1, 1]), memory, first)
    first_BV = logits_BV[:, 2:].softmax(-1)
    torch.manual_seed(6)
    drawn = draw_candidates(model, batch, samples=8000, limit=2)
    for b, group in enumerate(drawn):
        shares = {sentence: count / 8000 for sentence, count in Counter(map(tuple, group)).items()}
        expected = {(): float(first_BV[b, 0])}
        for word in range(3, VOCAB):
            second_BV = model.step(torch.tensor([word, word]), memory, state)[0][:, 2:].softmax(-1)
            expected[(word,)] = float(first_BV[b, word - 2] * second_BV[b, 0])
        assert shares == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("decoder", DECODERS, ids=lambda decoder: decoder["type"])
def test_log_probability_of_sentences(decoder, monkeypatch):
    monkeypatch.setattr(token_logprob, "CHUNK", 3)
    model, batch = make_model(decoder, dropout=0.0), make_batch()
    found_B, expected_B = model.logprob(batch), model.force(batch).logprob_BT.sum(1)
    torch.testing.assert_close(found_B, expected_B)
    weights_B = torch.tensor([1.0, -2.0, 0.5], dtype=torch.double)
    mine, other = gradients(model, found_B @ weights_B), gradients(model, expected_B @ weights_B)
    for left, right in zip(mine, other, strict=True):
        torch.testing.assert_close(left, right)


def test_minimum_risk_by_enumeration():
    """Shen et al. 2016, eq. 10. Enough draws give all sentences of at most one word, and the reference is there too."""
    model = make_model(dropout=0.0)
    src, refs = [[4, 5, 6], [6]], [[5, 6], [4]]
    batch = collate(src, refs, [0, 1])
    objective = MinimumRisk.Config(samples=3000, alpha=0.7, max_length_ratio=0.67).build()  # at most 2, EOS counted
    torch.manual_seed(7)
    found = objective.loss(model, batch, SETTING)

    expected, nll = 0.0, 0.0
    for sentence, ref in zip(src, refs, strict=True):
        candidates = [list(y) for y in {(), *((word,) for word in range(3, VOCAB)), tuple(ref)}]
        logprobs = [model.force(collate([sentence], [y], [0])).logprob_BT.sum() for y in candidates]
        powers = [(0.7 * logprob).exp() for logprob in logprobs]
        risks = [1 - sentence_bleu(y, ref) for y in candidates]
        expected += sum(power / sum(powers) * risk for power, risk in zip(powers, risks, strict=True))
        nll -= logprobs[candidates.index(ref)].detach()
    torch.testing.assert_close(found.total, expected)
    torch.testing.assert_close(found.nll, nll)
    assert objective.size(batch) == 2 and model.training
    for mine, other in zip(gradients(model, found.total), gradients(model, expected), strict=True):
        torch.testing.assert_close(mine, other)
