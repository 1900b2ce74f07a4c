"""Steps of search by compiled loops and by packed weights, against those by PyTorch alone."""

import pytest
import torch

from nmt.attention.coverage.neural import Neural
from nmt.data.batch import collate, collate_source
from nmt.decoders.bahdanau import Bahdanau
from nmt.decoders.conditional_gru import ConditionalGRU
from nmt.decoders.coverage import CoverageDecoder
from nmt.decoders.gnmt import GNMTDecoder
from nmt.decoders.luong import Luong
from nmt.decoders.transformer import Transformer
from nmt.encoders.rnn import RNNEncoder
from nmt.kernels.kernels import find_kernel, use_kernels
from nmt.kernels.product import has_products
from nmt.models import weight_products
from nmt.models.config import EmbeddingConfig, ModelConfig
from nmt.models.ensemble import Ensemble
from nmt.models.int8_products import Int8Products
from nmt.models.packed_products import PackedProducts, packed_for
from nmt.models.seq2seq import Seq2Seq
from nmt.models.shortlisted import Shortlisted
from nmt.nn.linear import linear
from nmt.nn.tree import map_tensors

from .compiled import needs_compiler, needs_products, watch_calls

BEAM = 3
DECODERS = {
    "before": Bahdanau.Config(dim=16, maxout=12),
    "after": Bahdanau.Config(dim=16, maxout=12, reset_gate="after"),
    "luong": Luong.Config(cell="gru", dim=20, attentional_dim=12),
    "luong, lstm": Luong.Config(cell="lstm", layers=2, dim=20, attentional_dim=12),
    "gnmt": GNMTDecoder.Config(layers=2, dim=20),
    "conditional gru": ConditionalGRU.Config(dim=16),
    "neural coverage": CoverageDecoder.Config(dim=16, maxout=12, coverage=Neural.Config(dim=3)),
}


def make(decoder):
    encoder = RNNEncoder.Config(cell="gru", dim=10)
    config = ModelConfig(embedding=EmbeddingConfig(dim=12), encoder=encoder, decoder=decoder)
    model = Seq2Seq(config, src_vocab=20, tgt_vocab=23).eval()
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.4)
    return model


@torch.inference_mode()
def steps(model, between=lambda: None):
    """Logits, attention and the state of three steps of a beam, in float32; `between` is called before the first."""
    memory, state = model.start(*collate_source([[4, 5, 6, 7], [9], [10, 4, 4]]))
    between()
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
    model, called = make(decoder), watch_calls(monkeypatch)
    compiled = steps(model, called.clear)
    is_lstm = isinstance(decoder, GNMTDecoder.Config) or getattr(decoder, "cell", "gru") == "lstm"
    gru = f"gru_{getattr(decoder, 'reset_gate', 'after')}".replace("before", "before_state")
    assert ("lstm" if is_lstm else gru) in called
    use_kernels(False)
    close(compiled, steps(model), 1e-5)


@torch.inference_mode()
def forced(model):
    """Log-probabilities and attention of given targets, in float32."""
    found = model.force(collate([[4, 5, 6, 7], [9], [10, 4, 4]], [[5], [6, 4, 22, 9, 7], [8, 4]], []))
    return [found.logprob_BT.float(), found.weights_BTS.float()]


FORCED = DECODERS | {"transformer": Transformer.Config(layers=2, dim=12, heads=2, ff_dim=24)}
PACKED = [
    pytest.param(decoder, compute, loop, id=f"{name}-{compute.__name__}")
    for decoders, compute, loop in ((DECODERS, steps, "contexts"), (FORCED, forced, "vocabulary"))
    for name, decoder in decoders.items()
]
"""Decoder, what to compute with it, and a loop that bfloat16 has for that."""


@pytest.mark.parametrize(("decoder", "compute", "loop"), PACKED)
@pytest.mark.parametrize("on", [True, False], ids=["compiled", "PyTorch"])
def test_packed_products_are_those_of_autocast(decoder, compute, loop, on, monkeypatch):
    """But for rounding to bfloat16, and near those of float32; every product with a weight is of packed ones."""
    use_kernels(on)
    model, called = make(decoder), watch_calls(monkeypatch)
    packed, precise = PackedProducts(model), compute(model)
    called.clear()
    with torch.autocast("cpu", torch.bfloat16):
        found, again = compute(packed), compute(packed)
        used = loop in called
        expected = compute(model)
    close(found, expected, 0.06)
    close(again, found, 0)
    close(found, precise, 0.3)
    assert packed._packed
    assert used == (find_kernel(loop, found[0].bfloat16()) is not None)


@pytest.mark.parametrize("decoder", FORCED.values(), ids=list(FORCED))
def test_packed_products_in_float32(decoder):
    """By products of our own where there are some, else by PyTorch's: float32 as ever, but for the last bits."""
    model = make(decoder)
    packed = PackedProducts(model, torch.float32)
    close(forced(packed), forced(model), 1e-5)
    if decoder in DECODERS.values():
        close(steps(packed), steps(model), 1e-5)
    assert packed._packed


@needs_products
@pytest.mark.parametrize("products", [PackedProducts, Int8Products])
@pytest.mark.parametrize("name", ["after", "before"])
def test_products_of_words_are_looked_up(name, products, monkeypatch):
    """The same bits as products, once more words than the vocabulary has were multiplied; never of a large one."""
    model = make(DECODERS[name])
    packed = products(model)
    with torch.autocast("cpu", torch.bfloat16):
        first = steps(packed)
        for _ in range(3):
            close(steps(packed), first, 0)
        assert [len(table) for table in packed._tables.values()] == [len(model.tgt_embedding.weight)]
        monkeypatch.setattr(weight_products, "MOST", 0)
        large = products(model)
        for _ in range(10):
            close(steps(large), first, 0)
    assert not large._tables


@pytest.mark.parametrize("products", [PackedProducts, Int8Products])
def test_products_by_pytorch_are_not_looked_up(products):
    """Their rows may depend on each other."""
    use_kernels(False)
    packed = products(make(DECODERS["after"]))
    for _ in range(10):
        steps(packed)
    assert not packed._tables


def test_where_translation_packs():
    model = make(DECODERS["after"])
    assert packed_for(model, torch.bfloat16).dtype == torch.bfloat16
    assert isinstance(packed_for(model, torch.float32), PackedProducts) == has_products(torch.empty(0))
    use_kernels(False)
    assert packed_for(model, torch.float32) is model
    elsewhere = make(DECODERS["after"]).to("meta")
    assert packed_for(elsewhere, torch.bfloat16) is elsewhere


def test_an_ensemble_is_packed_too():
    model = Ensemble([make(DECODERS["after"]), make(DECODERS["luong"])])
    with torch.autocast("cpu", torch.bfloat16):
        close(steps(PackedProducts(model)), steps(model), 0.06)
        close(forced(PackedProducts(model)), forced(model), 0.06)


WORDS = [[0, 1, 2, 3, *range(4, 20)], [0, 1, 2, 3, *range(4, 23, 2)], list(range(23))]
"""What each sentence may use; together it is every word, so that the words of a search are those of the model."""


@pytest.mark.parametrize("on", [True, False], ids=["compiled", "PyTorch"])
@pytest.mark.parametrize(("products", "tolerance"), [(PackedProducts, 0.06), (Int8Products, 0.3)])
@pytest.mark.parametrize("many", [False, True], ids=["one model", "ensemble"])
def test_the_part_of_a_shortlist_is_packed(many, products, tolerance, on, monkeypatch):
    """And no sentence may use another one's words."""
    use_kernels(on)
    model = Ensemble([make(DECODERS["after"]), make(DECODERS["luong"])]) if many else make(DECODERS["after"])
    packing, taken = products(model), []
    pack = packing.pack
    monkeypatch.setattr(packing, "pack", lambda weight, bias: taken.append(tuple(weight.shape)) or pack(weight, bias))
    listed = Shortlisted(packing, WORDS, torch.device("cpu"))
    assert taken == [(23, part.projection.in_features) for part in (model.members if many else [model])]
    with torch.autocast("cpu", torch.bfloat16, enabled=getattr(packing, "precision", "bf16") == "bf16"):
        found, expected = steps(listed), steps(Shortlisted(model, WORDS, torch.device("cpu")))
    close(found, expected, tolerance)
    forbidden = [[word for word in range(23) if word not in own] for own in WORDS]
    for row, logits_V in enumerate(found[0]):
        assert logits_V.isneginf().nonzero()[:, 0].tolist() == forbidden[row // BEAM]


def test_a_bias_of_its_own_and_any_leading_shape():
    model = make(DECODERS["after"])
    weight = model.projection.weight
    x, packed = torch.randn(2, 5, weight.size(1)), PackedProducts(model)
    with torch.no_grad(), packed.at_work():
        for bias in (model.projection.bias, None):
            found = linear(x, weight, bias)
            expected = x @ weight.t() + (0 if bias is None else bias)
            assert (found.dtype, found.shape) == (torch.bfloat16, expected.shape)
            torch.testing.assert_close(found.float(), expected, rtol=0.03, atol=0.05)
