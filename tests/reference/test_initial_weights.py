"""Initial weights as the papers give them, read off large models."""

from __future__ import annotations

import pytest
import torch

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
