"""Initial weights as the papers give them, read off large models."""

from __future__ import annotations

import pytest
import torch

from nmt.errors import ConfigError
from nmt.models.config import ModelConfig
from nmt.models.seq2seq import Seq2Seq


def model_with(init):
    data = {
        "embedding": {"dim": 60},
        "init": init,
        "encoder": {"type": "rnn", "dim": 50},
        "decoder": {
            "type": "bahdanau",
            "dim": 70,
            "maxout": 40,
            "attention": {"scorer": {"type": "concat", "dim": 80}},
        },
    }
    torch.manual_seed(1)
    return Seq2Seq(ModelConfig.model_validate(data, strict=False), src_vocab=200, tgt_vocab=300)


def split(model):
    """(recurrent matrices, biases, the rest) by name."""
    named = {name: weight.detach() for name, weight in model.named_parameters()}
    recurrent = {name: weight for name, weight in named.items() if name.endswith(".weight_hh")}
    biases = {name: weight for name, weight in named.items() if ".bias" in name}
    rest = {name: weight for name, weight in named.items() if name not in {**recurrent, **biases}}
    assert (len(recurrent), len(biases)) == (3, 9)
    return recurrent, biases, rest


def test_bahdanau_appendix_b1():
    recurrent, biases, rest = split(model_with({"type": "bahdanau"}))
    for weight in recurrent.values():
        for gate in range(3):
            block = weight[gate * weight.size(1) : (gate + 1) * weight.size(1)]
            torch.testing.assert_close(block @ block.T, torch.eye(len(block)), rtol=0, atol=1e-10)
    assert not any(bias.any() for bias in biases.values())
    assert not rest.pop("decoder.attention.scorer.energy").any()
    for name, weight in rest.items():
        deviation = (
            0.001 if name in ("decoder.attention.scorer.query.weight", "decoder.attention.scorer.key.weight") else 0.01
        )
        assert float(weight.std()) == pytest.approx(deviation, rel=0.06), name
        assert abs(float(weight.mean())) < 5 * deviation / weight.numel() ** 0.5, name
        assert float(weight.abs().max()) > 2.5 * deviation, f"{name} is not normal"


def test_luong_section_4_1():
    recurrent, biases, rest = split(model_with({"type": "uniform", "bound": 0.2}))
    assert not any(bias.any() for bias in biases.values())
    for name, weight in {**recurrent, **rest}.items():
        assert 0.19 < float(weight.abs().max()) <= 0.2 or weight.numel() < 100, name
        assert float(weight.abs().max()) <= 0.2
        assert float(weight.std()) == pytest.approx(0.2 / 3**0.5, rel=0.2), name


def test_xavier_bounds_matrices_by_their_fans():
    recurrent, biases, rest = split(model_with({"type": "xavier"}))
    assert not any(bias.any() for bias in biases.values())
    assert all(torch.allclose(weight[:5] @ weight[:5].T, torch.eye(5)) for weight in recurrent.values())
    projection = rest["projection.weight"]
    assert 0.95 < float(projection.abs().max()) / (6 / (300 + 40)) ** 0.5 <= 1
    assert float(rest["src_embedding.weight"].std()) == pytest.approx(60**-0.5, rel=0.05)


def test_the_same_random_state_gives_the_same_weights():
    first, second = (model_with({"type": "xavier"}).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("kind", ["xavier", "uniform", "bahdanau"])
def test_forget_gates_begin_open(kind):
    """The second quarter of an LSTM's biases, in encoder and decoder, is 1; everything else is as without it."""
    data = {
        "embedding": {"dim": 6},
        "encoder": {"type": "rnn", "cell": "lstm", "dim": 5},
        "decoder": {"type": "luong", "cell": "lstm", "dim": 7},
    }
    drawn = []
    for bias in (0.0, 1.0):
        torch.manual_seed(1)
        config = ModelConfig.model_validate({**data, "init": {"type": kind, "forget_bias": bias}}, strict=False)
        drawn.append(dict(Seq2Seq(config, src_vocab=9, tgt_vocab=9).named_parameters()))
    opened = [name for name in drawn[0] if not torch.equal(drawn[0][name], drawn[1][name])]
    assert len(opened) == 3 and all(name.endswith(".bias") for name in opened)
    for name in opened:
        width = drawn[1][name].numel() // 4
        assert drawn[1][name].tolist() == [0.0] * width + [1.0] * width + [0.0] * (2 * width)


def test_forget_bias_without_lstm():
    with pytest.raises(ConfigError, match="^model.init.forget_bias: the model has no LSTM; leave it out$"):
        model_with({"type": "xavier", "forget_bias": 1.0})
