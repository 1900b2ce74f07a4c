"""Training unrolls a decoder over time, search advances it: both are the same function, with the same gradients."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from nmt.attention.windows.local_p import LocalP
from nmt.attention.windows.window import Window
from nmt.data.batch import collate

from .variants import DECODERS, ENCODERS, sees_everything, windowed, with_attention

SRC = [[4, 5, 6, 7, 8], [9], [10, 4, 5]]
TGT = [[4, 5], [6, 7, 8, 4], []]


def unrolled(model, batch):
    memory, state = model.start(batch.src_BS, batch.src_len_B)
    return model.decoder.unroll(model.tgt_embedding(batch.tgt_in_BT), memory, state)


def advanced(model, batch):
    """One `advance` after the other; output, context and weights stacked over time, None where there is none."""
    memory, state = model.start(batch.src_BS, batch.src_len_B)
    steps = []
    for y_B in batch.tgt_in_BT.unbind(1):
        steps.append(model.decoder.advance(model.tgt_embedding(y_B), memory, state))
        state = steps[-1].state
    parts = zip(*(step[:3] for step in steps), strict=True)
    return [None if part[0] is None else torch.stack(part, 1) for part in parts]


def gradients(model, results):
    """Gradients of a random linear function of all results with regard to all parameters."""
    generator = torch.Generator().manual_seed(5)
    total = sum((part * torch.randn(part.shape, generator=generator)).sum() for part in results if part is not None)
    parameters = dict(model.named_parameters())
    found = torch.autograd.grad(total, list(parameters.values()), allow_unused=True)
    return dict(zip(parameters, found, strict=True))


def assert_same(left, right, what):
    assert (left is None) == (right is None), what
    if left is not None:
        torch.testing.assert_close(left, right, rtol=0, atol=1e-9, msg=lambda text: f"{what}: {text}")


LUONGS = [*windowed("local_m"), *windowed("local_p")]
LUONGS += [variant for most in (3, 9) for variant in with_attention(scorer={"type": "location", "max_positions": most})]


@pytest.mark.parametrize("variant", [*(variant for variant in DECODERS if not variant.lexical), *LUONGS], ids=str)
def test_unroll_equals_stacked_advance_in_values_and_gradients(variant):
    model, batch = variant.model(), collate(SRC, TGT, [])
    fused, stacked = unrolled(model, batch), advanced(model, batch)
    for left, right in zip(fused, stacked, strict=True):
        assert_same(left, right, "results")
    left, right = gradients(model, fused), gradients(model, stacked)
    for name in left:
        assert_same(left[name], right[name], name)


@pytest.mark.parametrize("variant", [*DECODERS, *ENCODERS], ids=str)
def test_gradients_reach_every_parameter(variant):
    model = variant.model()
    model.loss(collate(SRC, TGT, []), 0.1).total.backward()
    unreached = [
        name for name, parameter in model.named_parameters() if parameter.grad is None or not parameter.grad.any()
    ]
    assert unreached == []


@pytest.mark.parametrize("variant", DECODERS, ids=str)
def test_weights_are_a_distribution_over_the_real_source(variant):
    model, batch = variant.model(), collate(SRC, TGT, [])
    weights_BTS = model.force(batch).weights_BTS
    assert (weights_BTS is None) == (not model.decoder.has_attention)
    if weights_BTS is not None:
        padding_BS = torch.tensor([[length <= s for s in range(6)] for length in (6, 2, 4)])
        assert (weights_BTS.masked_select(padding_BS[:, None]) == 0).all()
        torch.testing.assert_close(weights_BTS.sum(-1), torch.ones(3, 5))
        real = weights_BTS.masked_select(~padding_BS[:, None])
        assert (real >= 0).all()
        assert sees_everything(variant) in (None, bool((real > 0).all()))


@pytest.mark.parametrize("variant", windowed("local_m"), ids=str)
def test_decoders_tell_attention_the_position_of_the_target_word(variant):
    """local-m sees t - 1, t and t + 1, or the last position where the sentence has none of them."""
    weights_BTS = variant.model().force(collate([[4, 5, 6, 7, 8], [9]], [[4, 5, 6, 7, 8]] * 2, [])).weights_BTS
    for row, positions in enumerate((6, 2)):
        for t in range(1, 7):
            window = [s for s in range(1, positions + 1) if abs(s - t) <= 1] or [positions]
            assert [s for s in range(1, 7) if weights_BTS[row, t - 1, s - 1] > 0] == window


@pytest.mark.parametrize("variant", DECODERS, ids=str)
def test_loss_is_the_negative_of_the_forced_logprobs(variant):
    model, batch = variant.model(), collate(SRC, TGT, [])
    forced = model.force(batch)
    torch.testing.assert_close(model.loss(batch).nll, -forced.logprob_BT.sum())
    assert (forced.logprob_BT[2, 1:] == 0).all()
    assert (forced.logprob_BT[batch.real_targets] < 0).all()


@pytest.mark.parametrize("variant", [*DECODERS, *ENCODERS], ids=str)
def test_neighbours_and_what_stands_after_the_end_have_no_influence(variant):
    model, batch = variant.model(), collate(SRC, TGT, [])
    noise_BS = torch.where(torch.arange(6) < batch.src_len_B[:, None], batch.src_BS, 10)
    together = model.force(replace(batch, src_BS=noise_BS))
    for row, (src, tgt) in enumerate(zip(SRC, TGT, strict=True)):
        alone = model.force(collate([src], [tgt], []))
        steps = len(tgt) + 1
        torch.testing.assert_close(together.logprob_BT[row, :steps], alone.logprob_BT[0], rtol=0, atol=1e-9)
        if alone.weights_BTS is not None:
            weights_TS = together.weights_BTS[row, :steps, : len(src) + 1]
            torch.testing.assert_close(weights_TS, alone.weights_BTS[0], rtol=0, atol=1e-9)


def test_a_window_of_a_plugin_needs_no_tape(monkeypatch):
    model, batch = windowed("local_p")[-1].model(), collate(SRC, TGT, [])
    by_hand = unrolled(model, batch)
    monkeypatch.setattr(LocalP, "tape", Window.tape)
    assert model.decoder.attention.tape() is None
    for left, right in zip(by_hand, unrolled(model, batch), strict=True):
        assert_same(left, right, "results")
