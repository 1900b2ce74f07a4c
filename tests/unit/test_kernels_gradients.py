"""Gradients through the compiled loops against those through PyTorch alone, in float32; float64 never meets a loop."""

from __future__ import annotations

import pytest
import torch

from nmt.attention.attention import Attention, AttentionConfig, Memory
from nmt.attention.scorers.additive import Additive
from nmt.attention.scorers.concat import Concat
from nmt.attention.scorers.dot import Dot
from nmt.attention.scorers.general import General
from nmt.attention.scorers.hidden_scores import hidden_scores
from nmt.attention.scorers.location import Location
from nmt.attention.scorers.scaled_dot import ScaledDot
from nmt.attention.scorers.scorer import Scorer
from nmt.attention.windows.local_m import LocalM
from nmt.attention.windows.local_p import LocalP
from nmt.data.batch import collate
from nmt.decoders.bahdanau import Bahdanau
from nmt.decoders.bahdanau_loop import unroll_bahdanau
from nmt.decoders.gnmt import GNMTDecoder
from nmt.decoders.loop_tapes import LoopTapes
from nmt.decoders.luong import Luong
from nmt.decoders.luong_loop import unroll_input_feeding
from nmt.encoders.rnn import RNNEncoder
from nmt.kernels.kernels import use_kernels
from nmt.models.config import EmbeddingConfig, ModelConfig
from nmt.models.loss import CHUNK, Targets, vocabulary_loss
from nmt.models.seq2seq import Seq2Seq
from nmt.nn.cell_tape import unroll
from nmt.nn.gru import GRU
from nmt.nn.lstm import LSTM

from .compiled import PRODUCTS, needs_compiler, watch_calls

BATCH, STEPS, DIM = 5, 7, 19
SCORERS = {
    "dot": Dot.Config(),
    "general": General.Config(),
    "scaled dot": ScaledDot.Config(),
    "concat": Concat.Config(dim=17),
    "concat, reduced": Concat.Config(dim=24, reduced=True),
    "additive": Additive.Config(dim=17),
    "location": Location.Config(max_positions=4),
}
DECODERS = {
    "bahdanau": lambda attention, reset: Bahdanau.Config(dim=24, maxout=12, reset_gate=reset, attention=attention),
    "luong": lambda attention, reset: Luong.Config(cell="gru", dim=24, reset_gate=reset, attention=attention),
}
LSTM_DECODERS = {
    "luong": Luong.Config(cell="lstm", layers=2, dim=24),
    "gnmt": GNMTDecoder.Config(layers=3, dim=24),
}


@pytest.fixture
def called(monkeypatch):
    """Names of the loops that were called."""
    return watch_calls(monkeypatch, ignored=PRODUCTS)


def both(compute):
    """What `compute` gives by compiled loops, and without them."""
    found = compute()
    use_kernels(False)
    try:
        return found, compute()
    finally:
        use_kernels(True)


WITHOUT_AVX512 = torch.backends.cpu.get_cpu_capability() != "AVX512"


def compare(compute, slack=1.0):
    compiled, plain = both(compute)
    for left, right in zip(compiled, plain, strict=True):
        torch.testing.assert_close(left, right, rtol=2e-5, atol=slack * (2e-6 + 2e-6 * float(right.abs().max())))


def leaves(*shapes):
    return [(0.3 * torch.randn(shape)).requires_grad_() for shape in shapes]


def with_gradients(results, inputs):
    """The results, and the gradients of a sum of them with random weights."""
    torch.manual_seed(3)
    total = sum((result * torch.randn_like(result)).sum() for result in results)
    return *(result.detach() for result in results), *torch.autograd.grad(total, inputs)


@needs_compiler
@pytest.mark.parametrize("reset", ["before", "after"])
def test_a_gru(reset, called):
    cell = GRU(4, DIM, reset)
    make_tape, _ = cell.tape()
    inputs = leaves((STEPS, BATCH, 3 * DIM), (BATCH, DIM), (3 * DIM, DIM), (3 * DIM,))
    compare(lambda: with_gradients(unroll(make_tape, *inputs), inputs))
    steps = {"gates", "state", "gates_back", "state_back"} if reset == "before" else {"", "back"}
    assert called == {f"gru_{reset}_{step}".rstrip("_") for step in steps}


@needs_compiler
@pytest.mark.parametrize("reset", ["before", "after"])
def test_a_gru_on_tensors_in_any_order_of_memory(reset, called):
    """Gates, initial state, weights and the incoming gradients all turned, and of a sum, where they are one number."""
    make_tape, _ = GRU(4, DIM, reset).tape()
    turned = leaves((BATCH, STEPS, 3 * DIM), (DIM, BATCH), (DIM, 3 * DIM), (6 * DIM,))

    def compute():
        gates, h0, weight, bias = turned
        (h_TBH,) = unroll(make_tape, gates.transpose(0, 1), h0.t(), weight.t(), bias[::2])
        once = torch.autograd.grad(h_TBH.sum(), turned, retain_graph=False)
        (h_TBH,) = unroll(make_tape, gates.transpose(0, 1), h0.t(), weight.t(), bias[::2])
        return *once, *with_gradients([h_TBH.permute(2, 1, 0)], turned)

    compare(compute)
    assert called


@needs_compiler
@pytest.mark.parametrize("turn", [False, True], ids=["in order", "turned"])
def test_an_lstm(turn, called):
    """With gradients of h and c after every step, of h alone, and of a sum of it, which are one number."""
    make_tape, _ = LSTM(4, DIM).tape()
    shapes = (STEPS, BATCH, 4 * DIM), (BATCH, DIM), (BATCH, DIM), (4 * DIM, DIM)
    turned = leaves(*(shape[::-1] if turn else shape for shape in shapes))

    def compute():
        inputs = [part.permute(*range(part.dim())[::-1]) if turn else part for part in turned]
        (of_h,), of_both = unroll(make_tape, *inputs)[:1], unroll(make_tape, *inputs)
        once = torch.autograd.grad(unroll(make_tape, *inputs)[0].sum(), turned)
        return *once, *with_gradients([of_h], turned), *with_gradients(of_both, turned)

    compare(compute)
    assert called == {"lstm", "lstm_back"}


def loss_and_gradients(model, batch):
    model.zero_grad()
    total = model.loss(batch, 0.1).total
    total.backward()
    return total.detach(), *(parameter.grad for parameter in model.parameters())


def make_model(decoder, scorer, reset, dtype=torch.float32):
    encoder = RNNEncoder.Config(cell="gru", dim=12, reset_gate=reset)
    return fill(encoder, DECODERS[decoder](AttentionConfig(scorer=scorer), reset), dtype)


def fill(encoder, decoder, dtype=torch.float32):
    config = ModelConfig(embedding=EmbeddingConfig(dim=10), encoder=encoder, decoder=decoder)
    model = Seq2Seq(config, src_vocab=20, tgt_vocab=21).to(dtype)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.4)
    return model


def make_batch():
    return collate([[5, 6, 7, 3], [8, 3], [10, 11, 12, 13, 3]], [[5, 6], [7], [9, 9, 20, 9]], [0, 1, 2])


@needs_compiler
@pytest.mark.parametrize("reset", ["before", "after"])
@pytest.mark.parametrize("scorer", SCORERS.values(), ids=list(SCORERS))
@pytest.mark.parametrize("decoder", DECODERS)
def test_models(decoder, scorer, reset, called):
    """Bahdanau's loop, and Luong's with input feeding, with the encoder's GRU and the loss."""
    model, batch = make_model(decoder, scorer, reset), make_batch()
    compare(lambda: loss_and_gradients(model, batch))
    expected = {"attend", "attend_back", "vocabulary", f"gru_{reset}{'_gates' if reset == 'before' else ''}"}
    if isinstance(scorer, Concat.Config | Additive.Config):
        expected |= {"additive", "additive_back"}
    assert expected <= called


def in_bfloat16(model, batch):
    """Under autocast compiled loops are near float32, but a centre that is rounded may move the edge of a window."""
    _, exact = both(lambda: loss_and_gradients(model, batch))
    with torch.autocast("cpu", torch.bfloat16):
        found = loss_and_gradients(model, batch)
    error = sum(float((part - whole).norm()) for part, whole in zip(found, exact, strict=True))
    assert error < 0.4 * sum(float(part.norm()) for part in exact)


@needs_compiler
@pytest.mark.parametrize("scorer", [*SCORERS.values(), Location.Config(max_positions=1)], ids=[*SCORERS, "location, 1"])
@pytest.mark.parametrize("window", [LocalM.Config(width=1), LocalP.Config(width=2)], ids=["local_m", "local_p"])
@pytest.mark.parametrize("decoder", DECODERS)
def test_models_in_a_window(decoder, window, scorer, called):
    """Where a window weighs, PyTorch does what `attend` does elsewhere. It may hold nothing but positions without a
    score. Without AVX-512 one gradient of 360 was seen to differ by 1.5e-5."""
    attention = AttentionConfig(scorer=scorer, window=window)
    model = fill(RNNEncoder.Config(cell="gru", dim=12), DECODERS[decoder](attention, "after"))
    batch = make_batch()
    compare(lambda: loss_and_gradients(model, batch), slack=4 if WITHOUT_AVX512 else 1)
    assert ("attend" in called, "attend_back" in called) == (isinstance(window, LocalM.Config),) * 2
    in_bfloat16(model, batch)


@needs_compiler
@pytest.mark.parametrize("decoder", LSTM_DECODERS.values(), ids=list(LSTM_DECODERS))
def test_models_with_lstms(decoder, called):
    model, batch = fill(RNNEncoder.Config(cell="lstm", dim=12, layers=2), decoder), make_batch()
    compare(lambda: loss_and_gradients(model, batch))
    assert {"lstm", "lstm_back", "attend"} <= called


def test_every_scorer_with_a_tape_is_here():
    with_tape = {name for name, scorer in Scorer.registry.items() if scorer.tape is not Scorer.tape}
    assert {scorer.component.name for scorer in SCORERS.values()} == with_tape


@needs_compiler
@pytest.mark.parametrize("decoder", DECODERS)
def test_a_loop_on_tensors_in_any_order_of_memory(decoder, called):
    """Gates, memory, mask and initial state turned."""
    attention = Attention(AttentionConfig(scorer=SCORERS["concat"]), query_dim=DIM, memory_dim=8)
    torch.nn.init.normal_(attention.scorer.energy)
    cell, mask_SB = GRU(4, DIM, "before"), torch.ones(6, BATCH, dtype=torch.bool)
    torch.nn.init.normal_(cell.weight_hh, std=0.3)
    mask_SB[4:, 2] = False
    width = 3 * DIM if decoder == "bahdanau" else 8
    shapes = (3 * DIM, BATCH, STEPS), (width, 6, BATCH), (17, 6, BATCH), (DIM, BATCH), (8, 3 * DIM), (DIM, 8)
    turned = leaves(*shapes)
    tapes = LoopTapes(attention.tape(), cell.tape())

    def compute():
        gates, values, keys, initial, fed, output = (part.permute(*range(part.dim())[::-1]) for part in turned)
        memory = Memory(values, mask_SB.t(), keys)
        if decoder == "bahdanau":
            results = unroll_bahdanau(gates, (initial,), memory, tapes)
            return with_gradients(results, turned[:4])
        return with_gradients(unroll_input_feeding(gates, (initial,), memory, (fed, output), tapes), turned)

    compare(compute)
    assert {"attend", "additive", "gru_before_gates"} <= called


@needs_compiler
@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (3, 4, 6, 17)], ids=str)
def test_scores_of_all_queries(shape, called):
    batch, queries, positions, dim = shape
    inputs = leaves((batch, dim, queries), (positions, batch, dim), (2 * dim,))

    def compute():
        query, keys, v = inputs
        return with_gradients([hidden_scores(query.transpose(1, 2), keys.transpose(0, 1), v[::2])], inputs)

    compare(compute)
    assert called == {"additive", "additive_back"}


@needs_compiler
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("rows", [1, CHUNK, CHUNK + 3])
def test_the_loss(rows, smoothing, called):
    inputs, target_R = leaves((rows, 4), (7, 4), (7,)), torch.randint(7, (rows,))

    def compute():
        loss = vocabulary_loss(*inputs, Targets(target_R), smoothing)
        return loss.nll, *with_gradients([loss.total], inputs)

    compare(compute)
    assert called == {"vocabulary"}
    with torch.no_grad():
        compare(lambda: vocabulary_loss(*inputs, Targets(target_R), smoothing)[:2])


@needs_compiler
def test_the_loss_with_agreement_has_no_loop(called):
    vocabulary_loss(*leaves((4, 3), (7, 3), (7,)), Targets(torch.arange(4)), 0.1, agreement=1.0)
    assert not called


@pytest.mark.parametrize("decoder", DECODERS)
def test_float64_never_meets_a_loop(decoder, called):
    model = make_model(decoder, SCORERS["concat"], "before", torch.float64)
    compiled, plain = both(lambda: loss_and_gradients(model, make_batch()))
    assert not called
    assert all(left.equal(right) for left, right in zip(compiled, plain, strict=True))
