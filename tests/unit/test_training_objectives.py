"""Training objectives on a small model with dropout, each against its equations computed without haste."""

import pytest
import torch
from torch.nn import functional as F

from nmt.data.batch import collate, doubled
from nmt.models.config import ModelConfig
from nmt.models.seq2seq import Seq2Seq
from nmt.training.objectives.cross_entropy import CrossEntropy
from nmt.training.objectives.objective import Setting
from nmt.training.objectives.r_drop import RDrop

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
