"""The parts of a model put together: sharing of matrices, refusals, what is fixed by the config alone."""

import pytest
import torch

from nmt.bridges.zero import Zero
from nmt.data.batch import collate
from nmt.decoders.plain import Plain
from nmt.errors import ConfigError
from nmt.models.config import ModelConfig
from nmt.models.seq2seq import Seq2Seq


def make(src_vocab=9, tgt_vocab=8, tie="none", maxout=4):
    data = {
        "embedding": {"dim": 4, "tie": tie},
        "encoder": {"type": "rnn", "dim": 3},
        "decoder": {
            "type": "bahdanau",
            "dim": 5,
            "maxout": maxout,
            "attention": {"scorer": {"type": "concat", "dim": 6}},
        },
    }
    return Seq2Seq(ModelConfig.model_validate(data), src_vocab=src_vocab, tgt_vocab=tgt_vocab)


def sizes(model):
    return sum(parameter.numel() for parameter in model.parameters())


def test_a_tied_output_is_the_target_embedding():
    free, tied = make(), make(tie="output")
    assert tied.projection.weight is tied.tgt_embedding.weight
    assert sizes(free) - sizes(tied) == 8 * 4
    tied.loss(collate([[4]], [[5]], [])).total.backward()
    assert tied.tgt_embedding.weight.grad.abs().sum(1).gt(0).all(), "the vocabulary's gradient reaches every row"


def test_one_matrix_for_all():
    tied = make(8, 8, tie="all")
    assert tied.projection.weight is tied.tgt_embedding.weight is tied.src_embedding.weight
    assert sizes(make(8, 8)) - sizes(tied) == 2 * 8 * 4


@pytest.mark.parametrize(
    "options, message",
    [
        (
            {"tie": "output", "maxout": 5},
            "model.embedding.tie: output needs decoder features as wide as an embedding, not 5 and 4",
        ),
        ({"tie": "all"}, "model.embedding.tie: all needs one vocabulary, data.vocab.shared: true"),
    ],
)
def test_what_cannot_be_shared_is_refused(options, message):
    with pytest.raises(ConfigError) as caught:
        make(**options)
    assert str(caught.value) == message


def test_the_loss_is_a_sum_over_sentences():
    model, pairs = make(), [([4, 5], [6]), ([7], [4, 5, 6]), ([8, 4, 4, 5], [])]
    together = model.loss(collate([src for src, _ in pairs], [tgt for _, tgt in pairs], []), 0.1)
    alone = [model.loss(collate([src], [tgt], []), 0.1) for src, tgt in pairs]
    torch.testing.assert_close(together.total, sum(loss.total for loss in alone))
    torch.testing.assert_close(together.nll, sum(loss.nll for loss in alone))
    assert together.tokens == 2 + 4 + 1


def test_steps_and_given_words_have_the_same_probabilities():
    model = make().eval()
    memory, state = model.start(torch.tensor([[4, 5, 2]]), torch.tensor([3]))
    logits_NV, weights_NS, _ = model.step(torch.tensor([1]), memory, state)
    assert weights_NS.sum().item() == pytest.approx(1)
    forced = model.force(collate([[4, 5]] * 8, [[word] for word in range(8)], []))
    torch.testing.assert_close(forced.logprob_BT[:, 0], logits_NV[0].log_softmax(0))


def test_bfloat16_products_change_little():
    model, batch = make(), collate([[4, 5], [7]], [[6], [4, 5]], [])
    exact = model.loss(batch)
    with torch.autocast("cpu", torch.bfloat16):
        rough, forced = model.loss(batch), model.force(batch)
    assert rough.total.item() == pytest.approx(exact.total.item(), rel=0.02)
    assert -forced.logprob_BT.sum().item() == pytest.approx(exact.nll.item(), rel=0.02)
    rough.total.backward()
    assert all(parameter.grad.dtype == torch.float32 for parameter in model.parameters())


def test_dropout_is_on_both_embeddings():
    model, shapes = make(), []
    model.embedding_dropout.register_forward_hook(lambda module, inputs, output: shapes.append(tuple(inputs[0].shape)))
    model.loss(collate([[4, 5]], [[6, 7, 4]], []))
    assert shapes == [(1, 3, 4), (1, 4, 4)]


@pytest.mark.parametrize("part", ["embedding", "encoder", "decoder"])
def test_each_dropout_works_by_itself(part):
    data = {"embedding": {"dim": 4}, "encoder": {"type": "rnn", "dim": 3}, "decoder": {"type": "luong", "dim": 5}}
    data[part]["dropout"] = 0.5
    model, batch = Seq2Seq(ModelConfig.model_validate(data), src_vocab=9, tgt_vocab=8), collate([[4, 5]], [[6, 7]], [])
    assert len({model.loss(batch).nll.item() for _ in range(4)}) > 1


def test_a_decoder_that_sees_nothing_of_the_source_is_refused():
    config = ModelConfig(bridge=Zero.Config(), decoder=Plain.Config())
    with pytest.raises(ConfigError, match=r"^model\.bridge: zero leaves this decoder without the source"):
        Seq2Seq(config, src_vocab=9, tgt_vocab=9)


RECURRENT = [{"type": "plain", "dim": 5}, {"type": "bahdanau", "dim": 5, "maxout": 4}, {"type": "luong", "dim": 5}]
ENCODERS = [{"type": "rnn", "dim": 3}, {"type": "transformer", "dim": 4, "layers": 1, "heads": 1, "ff_dim": 4}]


@pytest.mark.parametrize("encoder", ENCODERS, ids=lambda part: part["type"])
@pytest.mark.parametrize("decoder", RECURRENT, ids=lambda part: part["type"])
def test_what_goes_back_by_hand_goes_back_once(encoder, decoder):
    """A second pass over tapes that are used up, or gradients of gradients, would be wrong without a word."""
    data = {"embedding": {"dim": 4}, "encoder": encoder, "decoder": decoder}
    model, batch = Seq2Seq(ModelConfig.model_validate(data), src_vocab=9, tgt_vocab=8), collate([[4, 5]], [[6, 7]], [])
    weights, total = list(model.parameters()), model.loss(batch).total
    torch.autograd.grad(total, weights, retain_graph=True)
    with pytest.raises(RuntimeError, match="goes back once"):
        torch.autograd.grad(total, weights)
    for total in (model.loss(batch).total, model.logprob(batch).sum()):
        with pytest.raises(RuntimeError, match="no gradients of gradients"):
            torch.autograd.grad(total, weights, create_graph=True)
