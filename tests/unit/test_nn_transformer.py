"""The parts of the Transformer: positions, dropout, options, initial weights, what ends a stack."""

import json
import math

import pytest
import torch

from nmt.config.loader import load_config
from nmt.data.batch import collate
from nmt.encoders.transformer import TransformerEncoder
from nmt.errors import ConfigError
from nmt.models.config import ModelConfig
from nmt.models.seq2seq import Seq2Seq
from nmt.nn.positions import Positioned, sinusoids
from nmt.nn.residual import Residual

SMALL = {"type": "transformer", "layers": 2, "dim": 8, "heads": 2, "ff_dim": 12}
SRC, TGT = [[4, 5, 6], [7]], [[5], [6, 7, 4]]


def config(embedding=8, init="xavier", encoder=SMALL, decoder=SMALL, **embedding_options):
    data = {
        "embedding": {"dim": embedding, **embedding_options},
        "init": {"type": init},
        "encoder": encoder,
        "bridge": {"type": "zero"},
        "decoder": decoder,
    }
    return ModelConfig.model_validate_json(json.dumps(data))


def make(**parts):
    torch.manual_seed(1)
    return Seq2Seq(config(**parts), src_vocab=9, tgt_vocab=9)


def test_sinusoids_typed_by_hand():
    """D = 4: wavelengths 2 pi and 200 pi."""
    expected = [
        [0.0, 1.0, 0.0, 1.0],
        [math.sin(1), math.cos(1), math.sin(0.01), math.cos(0.01)],
        [math.sin(7), math.cos(7), math.sin(0.07), math.cos(0.07)],
    ]
    position_T = torch.tensor([0, 1, 7], dtype=torch.float64)
    torch.testing.assert_close(sinusoids(position_T, 4), torch.tensor(expected, dtype=torch.float64))


def test_an_odd_width_ends_with_a_sine():
    position_T = torch.tensor([3.0])
    expected = [math.sin(3), math.cos(3), math.sin(3 / 10000 ** (2 / 3))]
    torch.testing.assert_close(sinusoids(position_T, 3), torch.tensor([expected]))


def test_embeddings_are_scaled_and_may_start_anywhere():
    positioned = Positioned(4, 4, 0.0)
    x_BTE = torch.randn(2, 5, 4)
    whole = positioned(x_BTE)
    torch.testing.assert_close(positioned(x_BTE[:, 3:], first=3), whole[:, 3:])
    torch.testing.assert_close(whole[:, 0], 2 * x_BTE[:, 0] + torch.tensor([0.0, 1.0, 0.0, 1.0]))


def test_far_positions_stay_apart_in_bfloat16():
    positioned = Positioned(4, 8, 0.0)
    with torch.autocast("cpu", torch.bfloat16):
        far = positioned(torch.zeros(1, 2, 4), first=1000)
    assert far.dtype == torch.float32
    assert (far[0, 0] - far[0, 1]).abs().max() > 0.5


@pytest.mark.parametrize("part", ["encoder", "decoder"])
@pytest.mark.parametrize("option", ["dropout", "attention_dropout", "relu_dropout"])
def test_each_dropout_works_by_itself(part, option):
    model, batch = make(**{part: {**SMALL, option: 0.5}}), collate(SRC, TGT, [])
    assert len({model.loss(batch).nll.item() for _ in range(4)}) == 4
    model.eval()
    torch.testing.assert_close(model.loss(batch).nll, make().loss(batch).nll)


def test_dropout_acts_on_the_sum_of_embedding_and_position_and_on_what_a_sublayer_adds():
    torch.manual_seed(1)
    dropped = (Positioned(4, 4, 0.5)(torch.ones(1, 500, 4)) == 0).double().mean()
    assert dropped.item() == pytest.approx(0.5, abs=0.05)
    change = Residual(4, 0.5, "pre").after(torch.full((500, 4), 3.0), torch.ones(500, 4))
    assert set(change.flatten().tolist()) == {3.0, 5.0}


def test_the_summary_of_the_encoder_is_the_mean_of_its_states():
    encoder = TransformerEncoder.Config(layers=1, dim=8, heads=2, ff_dim=4).build(input_dim=8)
    encoded = encoder(torch.randn(2, 5, 8), torch.tensor([5, 2]))
    ((mean_BD,),) = encoded.final
    expected = [encoded.states_BSD[0].mean(0), (encoded.states_BSD[1, 0] + encoded.states_BSD[1, 1]) / 2]
    torch.testing.assert_close(mean_BD, torch.stack(expected))


def test_alignments_are_a_distribution_while_attention_is_dropped():
    weights_BTS = make(decoder={**SMALL, "attention_dropout": 0.5}).force(collate(SRC, TGT, [])).weights_BTS
    torch.testing.assert_close(weights_BTS.sum(-1), torch.ones(2, 4))


@pytest.mark.parametrize("side", ["encoder", "decoder"])
def test_heads_divide_the_width(side, tmp_path):
    path = tmp_path / "model.yaml"
    path.write_text(f"{side}: {{type: transformer, dim: 10, heads: 4}}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"model\.yaml:1: {side}: dim 10 is no multiple of heads 4$"):
        load_config(ModelConfig, path)


def test_the_alignment_layer_has_to_exist(tmp_path):
    path = tmp_path / "model.yaml"
    path.write_text("decoder: {type: transformer, layers: 2, alignment_layer: 3}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"decoder: alignment_layer 3 is above the top layer, 2$"):
        load_config(ModelConfig, path)


@pytest.mark.parametrize("init", ["xavier", "uniform", "bahdanau"])
def test_gains_start_at_1_and_biases_at_0(init):
    model = make(init=init)
    gains = {name: weight for name, weight in model.named_parameters() if name.endswith("norm.weight")}
    assert len(gains) == 2 * 2 + 2 * 3 + 2
    assert all((gain == 1).all() for gain in gains.values())
    assert not any(bias.any() for name, bias in model.named_parameters() if name.endswith("bias"))
    others = {name: weight for name, weight in model.named_parameters() if name not in gains and "bias" not in name}
    assert all(weight.std() > 0 for weight in others.values())


def test_a_post_norm_stack_has_no_last_norm():
    names = [name for name, _ in make(encoder={**SMALL, "norm": "post"}).named_parameters()]
    assert "encoder.norm.weight" not in names
    assert "decoder.norm.weight" in names


def test_a_tied_output_needs_no_matrix_between():
    model = make(tie="all")
    assert model.projection.weight is model.src_embedding.weight
    assert not any("widen" in name for name, _ in model.named_parameters())
    assert {name for name, _ in make(embedding=6).named_parameters() if "widen" in name} == {
        "encoder.positioned.widen.weight",
        "decoder.positioned.widen.weight",
    }


def test_what_is_remembered_of_a_sentence_is_made_once_and_what_of_a_hypothesis_grows():
    model = make().eval()
    memory, state = model.start(torch.tensor([[4, 5, 2], [6, 2, 0]]), torch.tensor([3, 2]))
    assert [tuple(part.shape) for layer in memory.layers for part in layer] == [(2, 2, 3, 4)] * 4
    beam = tuple(type(past)(*(part.repeat_interleave(3, 0) for part in past)) for past in state)
    for step in range(3):
        assert [tuple(part.shape) for past in beam for part in past] == [(6, 2, step, 4)] * 4
        _, weights_NS, beam = model.step(torch.tensor([4, 5, 6, 4, 5, 6]), memory, beam)
        assert tuple(weights_NS.shape) == (6, 3)
        assert (weights_NS[3:, 2] == 0).all()
