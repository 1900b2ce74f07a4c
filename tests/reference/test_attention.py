"""Every scorer, window and normaliser together, and several heads, against their transcriptions."""

from __future__ import annotations

import json
from itertools import product

import numpy as np
import pytest
import torch

from nmt.attention.attention import Attention, AttentionConfig, next_position
from nmt.attention.normalisers.hardmax import Hardmax
from nmt.attention.normalisers.normaliser import Normaliser
from nmt.attention.normalisers.softmax import Softmax
from nmt.attention.normalisers.sparsemax import Sparsemax
from nmt.attention.scorers.scorer import Scorer
from nmt.attention.windows.window import Window
from nmt.errors import DataError
from nmt.nn.masks import length_mask

from .slow_attention import attend, multi_head
from .slow_attention import product as times

LENGTHS, QUERIES, QUERY, MEMORY = (6, 1, 3), 9, 4, 6
SCORERS = [
    {"type": "dot"},
    {"type": "general"},
    {"type": "concat", "dim": 5},
    {"type": "concat", "dim": MEMORY, "reduced": True},
    {"type": "location", "max_positions": 6, "longer": "refuse"},
    {"type": "location", "max_positions": 4},
    {"type": "additive", "dim": 5},
    {"type": "scaled_dot"},
    {"type": "cosine"},
    {"type": "content", "dim": 5},
    {"type": "content", "dim": 5, "activation": "relu"},
    {"type": "content", "dim": 5, "activation": "identity"},
]
WINDOWS = [{"type": "everywhere"}, {"type": "local_m", "width": 1}, {"type": "local_p", "width": 2}]
NORMALISERS = [{"type": name} for name in ("softmax", "hardmax", "sparsemax", "uniform")]


def label(part):
    return "-".join(str(value) for value in part.values()) if isinstance(part, dict) else str(part)


def make(scorer, window=WINDOWS[0], normaliser=NORMALISERS[0], heads=1, query_dim=QUERY):
    """An attention with random weights, and them by name."""
    options = {"scorer": scorer, "window": window, "normaliser": normaliser, "heads": heads}
    query_dim = MEMORY if scorer["type"] in ("dot", "scaled_dot") and heads == 1 else query_dim
    config = AttentionConfig.model_validate_json(json.dumps(options))
    attention = Attention(config, query_dim=query_dim, memory_dim=MEMORY)
    torch.manual_seed(7)
    with torch.no_grad():
        for parameter in attention.parameters():
            parameter.normal_(0, 0.8)
    weights = {name: weight.detach().numpy() for name, weight in attention.state_dict().items()}
    return attention, weights, options, torch.randn(len(LENGTHS), QUERIES, query_dim)


def remembered(attention, reads=()):
    """A memory of random states, or their products; what stands in the padding is large."""
    values_BSD, mask_BS = (
        torch.randn(len(LENGTHS), max(LENGTHS), MEMORY),
        length_mask(torch.tensor(LENGTHS), max(LENGTHS)),
    )
    return attention.remember(torch.where(mask_BS[..., None], values_BSD, 50.0), mask_BS, reads), values_BSD


def test_every_part_is_transcribed():
    for parts, family in ((SCORERS, Scorer), (WINDOWS, Window), (NORMALISERS, Normaliser)):
        assert {part["type"] for part in parts} == set(family.registry)


@pytest.mark.parametrize("normaliser", NORMALISERS, ids=label)
@pytest.mark.parametrize("window", WINDOWS, ids=label)
@pytest.mark.parametrize("scorer", SCORERS, ids=label)
def test_attention(scorer, window, normaliser):
    attention, weights, options, query_BMH = make(scorer, window, normaliser)
    memory, values_BSD = remembered(attention)
    context_BMD, weights_BMS = attention(query_BMH, memory)
    for row, length in enumerate(LENGTHS):
        h_bar = values_BSD[row, :length].numpy()
        for t in range(1, QUERIES + 1):
            c_t, a_t = attend(weights, options, query_BMH[row, t - 1].numpy(), h_bar, t)
            np.testing.assert_allclose(context_BMD[row, t - 1].detach().numpy(), c_t, rtol=0, atol=1e-10)
            found = weights_BMS[row, t - 1].detach().numpy()
            np.testing.assert_allclose(found[:length], a_t / sum(a_t), rtol=0, atol=1e-10)
            assert ((found[:length] == 0) == (a_t == 0)).all(), "exactly 0 outside the window"
            assert not found[length:].any()


@pytest.mark.parametrize("heads", [2, 3])
@pytest.mark.parametrize("window", WINDOWS, ids=label)
@pytest.mark.parametrize("scorer", [{"type": "scaled_dot"}, {"type": "concat", "dim": 5}], ids=label)
def test_several_heads(scorer, window, heads):
    attention, weights, options, query_BMH = make(scorer, window, heads=heads)
    memory, values_BSD = remembered(attention)
    context_BMD, weights_BMS = attention(query_BMH, memory)
    for row, length in enumerate(LENGTHS):
        h_bar = values_BSD[row, :length].numpy()
        for t in range(1, QUERIES + 1):
            c_t, each = multi_head(weights, options, query_BMH[row, t - 1].numpy(), h_bar, t)
            np.testing.assert_allclose(context_BMD[row, t - 1].detach().numpy(), c_t, rtol=0, atol=1e-10)
            mean = sum(a_t / sum(a_t) for a_t in each) / heads
            np.testing.assert_allclose(weights_BMS[row, t - 1, :length].detach().numpy(), mean, rtol=0, atol=1e-10)
            assert not weights_BMS[row, t - 1, length:].any()


@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize("window", WINDOWS, ids=label)
def test_products_of_the_context(window, heads):
    """[W_1 c_t; W_2 c_t], c_t by the equations and then multiplied; for all queries at once and for rows."""
    attention, weights, options, query_BMH = make({"type": "concat", "dim": 5}, window, heads=heads)
    query_BMH, reads = query_BMH[:, :3].contiguous(), (torch.randn(5, MEMORY), torch.randn(2, MEMORY))
    memory, values_BSD = remembered(attention, reads)
    position_N = torch.tensor([1, 2, 3] * len(LENGTHS)) if window["type"] == "local_m" else None
    together = attention(query_BMH, memory, reads=reads)
    rows = attention.attend_rows(query_BMH.flatten(0, 1), memory, position_N, reads)
    for row, length in enumerate(LENGTHS):
        h_bar = values_BSD[row, :length].numpy()
        for t in (1, 2, 3):
            h_t = query_BMH[row, t - 1].numpy()
            c_t, a_t = (attend if heads == 1 else multi_head)(weights, options, h_t, h_bar, t)
            alignment = sum(each / sum(each) for each in ([a_t] if heads == 1 else a_t)) / heads
            expected = [value for W in reads for value in times(W.numpy(), c_t)]
            for contexts, found in (together, [part.unflatten(0, (len(LENGTHS), 3)) for part in rows]):
                context, weights_S = contexts[row, t - 1].detach().numpy(), found[row, t - 1, :length].detach().numpy()
                np.testing.assert_allclose(context, expected, rtol=0, atol=1e-10)
                np.testing.assert_allclose(weights_S, alignment, rtol=0, atol=1e-10)


def test_local_p_by_hand():
    """v_p = 0, so p_t = S / 2 = 2; D = 2, so sigma = 1; equal scores, so align = 1/4 at s = 1 .. 4."""
    attention, _, _, query_BMH = make(SCORERS[1], {"type": "local_p", "width": 2})
    with torch.no_grad():
        attention.window.center.zero_()
        attention.scorer.key.weight.zero_()
    values_BSD = torch.eye(6)[None, :4].repeat(3, 1, 1)
    context_BMD, weights_BMS = attention(query_BMH, attention.remember(values_BSD, torch.ones(3, 4, dtype=torch.bool)))
    a_t = torch.tensor([0.1516326649, 0.25, 0.1516326649, 0.0338338208])
    torch.testing.assert_close(context_BMD[0, 0, :4], a_t, rtol=0, atol=1e-9)
    torch.testing.assert_close(weights_BMS[2, 5], a_t / 0.5870991506, rtol=0, atol=1e-9)


@pytest.mark.parametrize("window", WINDOWS, ids=label)
def test_rows_carry_their_positions_from_step_to_step(window):
    attention, _, _, query_BMH = make(SCORERS[1], window)
    memory, _ = remembered(attention)
    together, position_B = attention(query_BMH, memory), attention.first_position(memory)
    assert (position_B is None) == (window["type"] != "local_m")
    for t in range(QUERIES):
        for found, expected in zip(attention.attend_rows(query_BMH[:, t], memory, position_B), together, strict=True):
            torch.testing.assert_close(found, expected[:, t], rtol=0, atol=1e-12)
        position_B = next_position(position_B)


def test_a_window_without_a_position_is_a_mistake_of_the_decoder():
    attention, _, _, query_BMH = make(SCORERS[1], {"type": "local_m", "width": 1})
    memory, _ = remembered(attention)
    with pytest.raises(AssertionError):
        attention.attend_rows(query_BMH[:, 0], memory)


def test_a_source_longer_than_the_scored_positions_is_refused_in_one_line():
    attention, *_ = make({"type": "location", "max_positions": 5, "longer": "refuse"})
    with pytest.raises(DataError) as caught:
        remembered(attention)
    assert str(caught.value).startswith(
        "a source has 6 positions with EOS, more than the 5 of model.decoder.attention."
    )
    assert "\n" not in str(caught.value)


SMOOTH = [(scorer, WINDOWS[2], NORMALISERS[0], 1) for scorer in SCORERS]
SMOOTH += [(SCORERS[1], window, normaliser, 2) for window, normaliser in product(WINDOWS, NORMALISERS[::2])]


@pytest.mark.parametrize(("scorer", "window", "normaliser", "heads"), SMOOTH, ids=label)
def test_gradients_are_those_of_finite_differences(scorer, window, normaliser, heads):
    attention, _, _, query_BMH = make(scorer, window, normaliser, heads)
    values_BSD, mask_BS = torch.randn(2, 4, MEMORY), length_mask(torch.tensor([4, 2]), 4)
    names, parameters = zip(*attention.named_parameters(), strict=True)

    def run(query_BMH, values_BSD, *parameters):
        arguments = query_BMH, values_BSD, mask_BS
        return torch.func.functional_call(Whole(attention), prefixed(names, parameters), arguments)

    inputs = [x.detach().clone().requires_grad_() for x in (query_BMH[:2, :3], values_BSD, *parameters)]
    assert torch.autograd.gradcheck(run, inputs, fast_mode=True)


class Whole(torch.nn.Module):
    """Memory and attention in one call."""

    def __init__(self, attention):
        super().__init__()
        self.attention = attention

    def forward(self, query_BMH, values_BSD, mask_BS):
        return self.attention(query_BMH, self.attention.remember(values_BSD, mask_BS))


def prefixed(names, parameters):
    return {f"attention.{name}": parameter for name, parameter in zip(names, parameters, strict=True)}


def normalised(normaliser, scores, inside):
    return normaliser.build()(torch.tensor(scores)[None], torch.tensor(inside)[None])[0]


def test_sparsemax_by_hand():
    """One score 1 ahead takes all; 0.2 ahead of one other, they take 0.6 and 0.4; far below all of them nothing."""
    scores = [[2.0, 1.0, 0.5], [0.2, 0.0, -3.0], [1.0, 1.0, 1.0], [9.0, 0.2, 0.0]]
    inside = [[True, True, True], [True, True, True], [True, True, True], [False, True, True]]
    expected = torch.tensor([[1.0, 0.0, 0.0], [0.6, 0.4, 0.0], [1 / 3, 1 / 3, 1 / 3], [0.0, 0.6, 0.4]])
    torch.testing.assert_close(normalised(Sparsemax.Config(), scores, inside), expected, rtol=0, atol=1e-12)


def test_sparsemax_has_the_jacobian_of_the_paper():
    """diag(s) - s s^T / |s|, and 0 for what is outside."""
    torch.manual_seed(2)
    sparsemax = Sparsemax.Config().build()
    for _ in range(20):
        z_S, inside_S = torch.randn(7, requires_grad=True), torch.rand(7) < 0.7
        inside_S[3] = True
        p_S = sparsemax(z_S[None, None], inside_S[None, None])[0, 0]
        assert not p_S[~inside_S].any()
        s = (p_S > 0).double()
        jacobian = torch.stack([torch.autograd.grad(p, z_S, retain_graph=True)[0] for p in p_S])
        torch.testing.assert_close(jacobian, torch.diag(s) - torch.outer(s, s) / s.sum(), rtol=0, atol=1e-12)


def test_hardmax_is_one_state_with_the_gradient_of_softmax():
    scores_BMS = torch.tensor([[[0.3, 2.0, 5.0, 2.0], [1.0, -1.0, 0.0, 0.0]]])
    inside_BMS = torch.tensor([[[True, True, False, True]]])
    upstream_BMS, found = torch.tensor([[[0.5, -1.0, 3.0, 0.7], [1.0, 2.0, 3.0, 4.0]]]), []
    for normaliser in (Hardmax.Config().build(), Softmax.Config().build()):
        leaf_BMS = scores_BMS.clone().requires_grad_()
        weights_BMS = normaliser(leaf_BMS, inside_BMS)
        found.append((weights_BMS.tolist(), torch.autograd.grad(weights_BMS, leaf_BMS, upstream_BMS)[0]))
    assert found[0][0] == [[[0.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]]]
    assert found[0][1].abs().sum() > 0
    torch.testing.assert_close(found[0][1], found[1][1], rtol=0, atol=0)


@pytest.mark.parametrize("normaliser", [normaliser for normaliser in NORMALISERS if normaliser["type"] != "uniform"])
def test_what_is_not_a_number_is_not_hidden(normaliser):
    """Training stops at a NaN, so weights must show it."""
    built = Normaliser.registry[normaliser["type"]].Config().build()
    weights_BMS = built(torch.tensor([[[0.5, float("nan"), 0.1]]]), torch.ones(1, 1, 3, dtype=torch.bool))
    assert weights_BMS.isnan().any()
