"""Guided alignment: links of words as targets of pieces, and the three losses against their equations."""

from dataclasses import replace
from math import log

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from nmt.alignment.alignment import Alignment, to_words
from nmt.data.batch import collate, doubled
from nmt.data.batching import BatchingConfig
from nmt.data.corpus import Corpus
from nmt.data.epochs import Epochs
from nmt.data.guide import Guide
from nmt.models.guidance import GuidedAlignment, guidance_loss
from nmt.text.tokenizers.char import Char
from nmt.text.vocab import VocabConfig
from nmt.training.config import TrainConfig
from nmt.training.objectives.cross_entropy import CrossEntropy
from nmt.training.objectives.objective import Setting
from nmt.training.objectives.r_drop import RDrop
from nmt.training.objectives.scheduled_sampling import ScheduledSampling

from .test_training_objectives import DECODERS, make_batch, make_model

KINDS = ["cross_entropy", "mean_squared_error", "multiplied"]
SRC, TGT = "ab c def", "x yz w"


@pytest.fixture(scope="module")
def char(tmp_path_factory):
    path = tmp_path_factory.mktemp("char") / "text"
    path.write_text(f"{SRC}\n{TGT}\n", encoding="utf-8")
    return Char.fit(Char.Config(), VocabConfig(size=50), [path])


def ids(tokenizer, text):
    return tokenizer.encode(text).ids


def test_rows_by_hand(char):
    """Pieces a b | _ c | _ d e f and x | _ y z | _ w; yz is linked with ab and c, w with def, x with nothing."""
    rows = Guide([[(0, 1), (1, 1), (2, 2)]], (char, char)).rows(0, ids(char, SRC), ids(char, TGT))
    yz = [0.25, 0.25, 0.25, 0.25, 0, 0, 0, 0, 0]
    w = [0, 0, 0, 0, 0.25, 0.25, 0.25, 0.25, 0]
    assert rows.tolist() == [[0] * 9, yz, yz, yz, w, w, [0] * 9]


def test_unlinked_words_and_the_end_are_guided_to_the_end(char):
    rows = Guide([[(0, 1)]], (char, char), unlinked=True).rows(0, ids(char, SRC), ids(char, TGT))
    assert rows.argmax(1).tolist() == [8, 0, 0, 0, 8, 8, 8]
    assert rows.sum(1).tolist() == [1] * 7


def test_the_words_of_the_guide_are_the_links(char):
    """Read as an alignment, the pieces' guide gives the words back, whatever the pieces."""
    links = [(0, 2), (2, 0), (2, 1), (1, 1)]
    src, tgt = char.encode(SRC), char.encode(TGT)
    rows = Guide([links], (char, char), unlinked=True).rows(0, src.ids, tgt.ids)
    pieces = Alignment(src.pieces, tgt.pieces, rows, unit="piece", eos=True)
    words = to_words(pieces, src.word_ids, tgt.word_ids, src.words, tgt.words)
    expected = [[0, 0, 1, 0], [0, 0.5, 0.5, 0], [1, 0, 0, 0], [0, 0, 0, 1]]
    np.testing.assert_allclose(words.weights_TS, expected, atol=1e-7)


def test_a_batch_is_guided_in_the_pieces_of_its_epoch(char):
    """The second epoch writes every word with one more piece; the padding of shorter pairs stays free."""
    texts = [("ab c", "x yz"), ("c", "w"), ("def ab c", "w")]
    longer = [(src.replace("c", "cc"), tgt) for src, tgt in texts]
    links = [[(1, 0)], [(0, 0)], [(2, 0), (0, 0)]]

    def corpus(pairs):
        return Corpus([ids(char, src) for src, _ in pairs], [ids(char, tgt) for _, tgt in pairs], [1, 2, 3])

    guide = Guide(links, (char, char))
    data = Epochs(corpus(texts), BatchingConfig(sentences=3), 1, lambda n: corpus(longer if n > 1 else texts), guide)
    for number, pairs in ((1, texts), (2, longer)):
        epoch = data.epoch(number)
        batch = epoch.batch([2, 0, 1])
        assert batch.guide_BTS.shape == (*batch.tgt_out_BT.shape, batch.src_BS.size(1))
        for b, i in enumerate([2, 0, 1]):
            rows = guide.rows(i, ids(char, pairs[i][0]), ids(char, pairs[i][1]))
            assert batch.guide_BTS[b, : len(rows), : rows.shape[1]].tolist() == rows.tolist()
            assert batch.guide_BTS[b].sum() == rows.sum()
        assert torch.equal(doubled(batch).guide_BTS[1::2], batch.guide_BTS)
        assert torch.equal(doubled(batch).guide_BTS[0::2], batch.guide_BTS)
        assert torch.equal(batch.to("cpu").guide_BTS, batch.guide_BTS)
    assert Epochs(corpus(texts), BatchingConfig(), 1).epoch(1).batch([0]).guide_BTS is None


def test_losses_by_hand():
    """One free row, and one guided half and half."""
    weights = torch.tensor([[[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]]])
    guide = torch.tensor([[[0.5, 0.5, 0.0], [0.0, 0.0, 0.0]]])
    found = [guidance_loss(weights, guide, kind).item() for kind in KINDS]
    assert found == pytest.approx([-(log(0.5) + log(0.25)) / 2, (0.25**2 + 0.25**2) / 2, -log(0.375)])


def guided_batch():
    batch = make_batch()
    torch.manual_seed(5)
    guide = torch.rand(*batch.tgt_out_BT.shape, batch.src_BS.size(1), dtype=torch.float64)
    guide *= (torch.arange(batch.src_BS.size(1)) < batch.src_len_B[:, None])[:, None]
    guide /= guide.sum(-1, keepdim=True)
    free = torch.ones(batch.tgt_out_BT.shape, dtype=torch.bool)
    free[batch.real_targets] = False
    free[1, 2] = True
    return replace(batch, guide_BTS=guide.masked_fill(free[:, :, None], 0.0))


def slow_loss(weights_BTS, guide_BTS, kind):
    total = 0.0
    for weights, guide in zip(weights_BTS.flatten(0, 1).tolist(), guide_BTS.flatten(0, 1).tolist(), strict=True):
        pairs = [(a, g) for a, g in zip(weights, guide, strict=True)]
        if not any(guide):
            continue
        if kind == "cross_entropy":
            total -= sum(g * log(a) for a, g in pairs if g)
        elif kind == "mean_squared_error":
            total += sum((a - g) ** 2 for a, g in pairs) / 2
        else:
            total -= log(sum(a * g for a, g in pairs))
    return total


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("decoder", DECODERS[:2], ids=lambda decoder: decoder["type"])
def test_the_loss_is_added_and_reaches_the_attention(decoder, kind):
    model, batch = make_model(decoder, dropout=0.0), guided_batch()
    guided = GuidedAlignment(loss=kind, weight=0.7)
    setting = Setting(1, 0.1, guided)
    found = CrossEntropy.Config().build().loss(model, batch, setting)
    plain = model.loss(batch, 0.1)
    expected = 0.7 * slow_loss(model.force(batch).weights_BTS, batch.guide_BTS, kind)
    assert (found.total - plain.total).item() == pytest.approx(expected)
    assert torch.equal(found.nll, plain.nll)

    parameter = model.encoder.get_parameter(next(name for name, _ in model.encoder.named_parameters()))
    gradient = torch.autograd.grad(found.total, parameter)[0]
    direction = torch.randn_like(parameter)
    values = []
    for step in (1e-6, -1e-6):
        with torch.no_grad():
            parameter.add_(direction, alpha=step)
            values.append(CrossEntropy.Config().build().loss(model, batch, setting).total.item())
            parameter.sub_(direction, alpha=step)
    assert (gradient * direction).sum().item() == pytest.approx((values[0] - values[1]) / 2e-6, rel=1e-5)


def test_every_objective_that_can_be_guided_is():
    model, batch = make_model(dropout=0.0), guided_batch()
    guided = GuidedAlignment(weight=2.0)
    expected = 2.0 * slow_loss(model.force(batch).weights_BTS, batch.guide_BTS, "cross_entropy")
    for objective in (CrossEntropy.Config(), RDrop.Config(alpha=0.5), ScheduledSampling.Config()):
        losses = []
        for chosen in (guided, None):
            torch.manual_seed(6)
            losses.append(objective.build().loss(model, batch, Setting(1, 0.1, chosen)).total.item())
        assert losses[0] - losses[1] == pytest.approx(expected)


def test_minimum_risk_cannot_be_guided():
    with pytest.raises(ValidationError, match="guided_alignment does not go with objective minimum_risk"):
        TrainConfig.model_validate(
            {"max_steps": 1, "objective": {"type": "minimum_risk"}, "guided_alignment": {"weight": 1.0}}
        )


def test_a_batch_without_a_guide_is_not_guided():
    model, batch = make_model(dropout=0.0), collate([[4]], [[5]], [0])
    assert model.loss(batch, 0.1, guided=GuidedAlignment()) == model.loss(batch, 0.1)
