"""Steps of search by compiled loops and by packed weights, against those by PyTorch alone."""

import pytest
import torch

from nmt.data.batch import collate_source
from nmt.decoders.bahdanau import Bahdanau
from nmt.decoders.conditional_gru import ConditionalGRU
from nmt.decoders.gnmt import GNMTDecoder
from nmt.decoders.luong import Luong
from nmt.encoders.rnn import RNNEncoder
from nmt.kernels import kernels
from nmt.kernels.kernels import use_kernels
from nmt.models.bfloat16_products import Bfloat16Products
from nmt.models.config import EmbeddingConfig, ModelConfig
from nmt.models.ensemble import Ensemble
from nmt.models.seq2seq import Seq2Seq
from nmt.models.shortlisted import Shortlisted
from nmt.nn.tree import map_tensors

from .compiled import needs_compiler

BEAM = 3
DECODERS = {
    "before": Bahdanau.Config(dim=16, maxout=12),
    "after": Bahdanau.Config(dim=16, maxout=12, reset_gate="after"),
    "luong": Luong.Config(cell="gru", dim=20, attentional_dim=12),
    "luong, lstm": Luong.Config(cell="lstm", layers=2, dim=20, attentional_dim=12),
    "gnmt": GNMTDecoder.Config(layers=2, dim=20),
    "conditional gru": ConditionalGRU.Config(dim=16),
}


def make(decoder):
    encoder = RNNEncoder.Config(cell="gru", dim=10)
    config = ModelConfig(embedding=EmbeddingConfig(dim=12), encoder=encoder, decoder=decoder)
    model = Seq2Seq(config, src_vocab=20, tgt_vocab=23).eval()
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.4)
    return model


@torch.inference_mode()
def steps(model):
    """Logits, attention and the state of three steps of a beam, in float32."""
    memory, state = model.start(*collate_source([[4, 5, 6, 7], [9], [10, 4, 4]]))
    state = map_tensors(lambda part: part.repeat_interleave(BEAM, 0), state)
    found = []
    for step in range(3):
        y_N = torch.arange(4, 4 + 3 * BEAM) + step
        logits_NV, weights_NS, state = model.step(y_N, memory, state)
        map_tensors(lambda part: found.append(part.float()), (logits_NV, weights_NS, state))
    return found


def close(found, expected, tolerance):
    assert len(found) == len(expected)
    for mine, other in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, other, rtol=tolerance, atol=tolerance)


@needs_compiler
@pytest.mark.parametrize("decoder", DECODERS.values(), ids=list(DECODERS))
def test_compiled_steps_are_those_of_pytorch(decoder, monkeypatch):
    model, called, find = make(decoder), set(), kernels._find
    monkeypatch.setattr(kernels, "_find", lambda name, dtype: called.add(name) or find(name, dtype))
    compiled = steps(model)
    is_lstm = isinstance(decoder, GNMTDecoder.Config) or getattr(decoder, "cell", "gru") == "lstm"
    gru = f"gru_{getattr(decoder, 'reset_gate', 'after')}".replace("before", "before_state")
    assert ("lstm" if is_lstm else gru) in called
    use_kernels(False)
    close(compiled, steps(model), 1e-5)


@pytest.mark.parametrize("decoder", DECODERS.values(), ids=list(DECODERS))
@pytest.mark.parametrize("on", [True, False], ids=["compiled", "PyTorch"])
def test_packed_steps_are_those_of_autocast(decoder, on):
    """But for rounding to bfloat16; every product with a weight is of packed ones."""
    use_kernels(on)
    model = make(decoder)
    packed = Bfloat16Products(model)
    with torch.autocast("cpu", torch.bfloat16):
        expected, found, again = steps(model), steps(packed), steps(packed)
    close(found, expected, 0.06)
    close(again, found, 0)
    assert packed._packed


def test_an_ensemble_and_a_shortlist_are_packed_too():
    model = Ensemble([make(DECODERS["after"]), make(DECODERS["luong"])])
    with torch.autocast("cpu", torch.bfloat16):
        close(steps(Bfloat16Products(model)), steps(model), 0.06)
        words = [[0, 1, 2, 3, *range(4, 23)]] * 3
        listed = (Shortlisted(part, words, torch.device("cpu")) for part in (Bfloat16Products(model), model))
        close(*map(steps, listed), 0.06)


def test_a_bias_of_its_own_and_any_leading_shape():
    model = make(DECODERS["after"])
    weight = model.projection.weight
    x, packed = torch.randn(2, 5, weight.size(1)), Bfloat16Products(model)
    with torch.no_grad(), packed:
        for bias in (model.projection.bias, None):
            found = torch.nn.functional.linear(x, weight, bias)
            expected = x @ weight.t() + (0 if bias is None else bias)
            assert (found.dtype, found.shape) == (torch.bfloat16, expected.shape)
            torch.testing.assert_close(found.float(), expected, rtol=0.03, atol=0.05)
