"""What the sum of gradients over processes asks of every model: a backward pass in pieces makes the same gradients, and
those that later pieces do not touch are there when it is said."""

from __future__ import annotations

import pytest
import torch

from nmt.data.batch import collate
from nmt.models.config import ModelConfig
from nmt.models.seq2seq import Seq2Seq
from nmt.nn.cut import cutting, pieces

from .variants import DECODERS, ENCODERS, Variant, each_part

SRC, TGT = [[4, 5, 6, 9], [7], [8, 5]], [[4, 5], [6, 7, 8, 4], [5]]
TIED = {
    "embedding": {"dim": 6, "tie": "all"},
    "encoder": {"type": "rnn", "dim": 5},
    "decoder": {"type": "luong", "dim": 6},
}


def gradients(model):
    return {name: None if p.grad is None else p.grad.clone() for name, p in model.named_parameters()}


def same_in_pieces(model, count=2, precision=torch.float32):
    """After every piece the gradients are whole that are said to be, and no others are needed for all to be so."""
    batch, autocast = collate(SRC, TGT, [0, 1, 2]), torch.autocast("cpu", torch.bfloat16, precision == torch.bfloat16)
    with autocast:
        loss = model.loss(batch, 0.1)
    loss.total.backward()
    expected = gradients(model)
    model.zero_grad()
    with autocast, cutting() as places:
        loss = model.loss(batch, 0.1)
    loss.total.backward()
    later, whole = pieces(places), []
    assert len(later) == count
    for piece in later:
        whole.append({name for name, p in model.named_parameters() if p not in piece.parameters})
        assert piece.parameters <= set(model.parameters())
        found = gradients(model)
        for name in whole[-1]:
            torch.testing.assert_close(found[name], expected[name], rtol=1e-9, atol=1e-9)
        piece.run()
    torch.testing.assert_close(gradients(model), expected, rtol=1e-9, atol=1e-9)
    return whole


@pytest.mark.parametrize("variant", each_part([*DECODERS, *ENCODERS]), ids=str)
def test_gradients_are_those_of_a_whole_backward_pass(variant: Variant):
    model = variant.model()
    first, second = same_in_pieces(model)
    assert {"projection.weight", "projection.bias"} <= first <= second
    assert not any(name.startswith(("src_embedding.", "encoder.")) for name in second)
    assert {name for name, _ in model.named_parameters() if name.startswith(("tgt_embedding.", "decoder."))} <= second
    assert "tgt_embedding.weight" not in first


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_a_shared_embedding_is_whole_at_the_end_alone(precision):
    torch.manual_seed(5)
    model = Seq2Seq(ModelConfig.model_validate(TIED), src_vocab=11, tgt_vocab=11)
    first, second = same_in_pieces(model, precision=precision)
    assert "src_embedding.weight" not in first | second
    assert "projection.bias" in first


def test_what_has_no_weights_to_learn_is_passed_over():
    torch.manual_seed(5)
    model = Seq2Seq(ModelConfig.model_validate(TIED | {"embedding": {"dim": 6}}), src_vocab=11, tgt_vocab=11)
    for part in (model.src_embedding, model.encoder):
        part.requires_grad_(False)
    (first,) = same_in_pieces(model, count=1)
    assert {"projection.weight", "src_embedding.weight"} < first
    assert "tgt_embedding.weight" not in first


def test_outside_of_it_nothing_is_cut():
    with cutting() as places:
        pass
    model = DECODERS[0].model()
    model.loss(collate(SRC, TGT, [0, 1, 2])).total.backward()
    assert places == []
    assert all(p.grad is not None for p in model.parameters())
