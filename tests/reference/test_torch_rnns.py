"""Our recurrences against torch.nn.GRU and torch.nn.LSTM: outputs and gradients."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from nmt.encoders.rnn import RNNEncoder
from nmt.nn import cell as cell_module
from nmt.nn.gru import GRU
from nmt.nn.lstm import LSTM
from nmt.nn.masks import length_mask

BATCH, STEPS, INPUT, DIM = 3, 5, 4, 6
FROM_OURS = [0, 1, 3, 2]
"""PyTorch's LSTM stacks input, forget, cell, output; ours input, forget, output, cell."""


def randomise(module):
    torch.manual_seed(2)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(0, 0.5)


def lstm_order(weight):
    return torch.cat([weight.chunk(4)[gate] for gate in FROM_OURS])


@torch.no_grad()
def copy_weights(cell, theirs, suffix="l0"):
    """Our weights into one layer and direction of a PyTorch RNN."""
    order = lstm_order if isinstance(cell, LSTM) else torch.clone
    bias_ih, bias_hh = (
        (cell.bias, torch.zeros_like(cell.bias)) if isinstance(cell, LSTM) else (cell.bias_ih, cell.bias_hh)
    )
    parts = {"weight_ih": cell.weight_ih, "weight_hh": cell.weight_hh, "bias_ih": bias_ih, "bias_hh": bias_hh}
    for name, weight in parts.items():
        getattr(theirs, f"{name}_{suffix}").copy_(order(weight))


def gradients(total, inputs):
    return torch.autograd.grad(total, inputs)


def close(left, right):
    torch.testing.assert_close(left, right, rtol=0, atol=1e-10)


@pytest.mark.parametrize("ours, theirs", [(GRU, nn.GRU), (LSTM, nn.LSTM)])
def test_a_sequence_and_its_gradients(ours, theirs):
    cell, reference = ours(INPUT, DIM), theirs(INPUT, DIM, batch_first=True)
    randomise(cell)
    copy_weights(cell, reference)
    x_BTI = torch.randn(BATCH, STEPS, INPUT, requires_grad=True)
    state = tuple(torch.randn(BATCH, DIM, requires_grad=True) for _ in range(cell.states))
    history = cell.unroll(x_BTI, state)
    initial = tuple(part[None] for part in state)
    output_BTH, last = reference(x_BTI, initial if ours is LSTM else initial[0])
    close(history[0], output_BTH)
    close(history[-1][:, -1], last[1][0] if ours is LSTM else last[0])

    noise_BTH, noise_BH = torch.randn_like(output_BTH), torch.randn(BATCH, DIM)
    last_BH = last[1][0] if ours is LSTM else last[0]
    mine = gradients(
        (history[0] * noise_BTH).sum() + (history[-1][:, -1] * noise_BH).sum(), [x_BTI, *state, *cell.parameters()]
    )
    other = gradients(
        (output_BTH * noise_BTH).sum() + (last_BH * noise_BH).sum(), [x_BTI, *state, *reference.parameters()]
    )
    for left, right in zip(mine[: 1 + len(state)], other[: 1 + len(state)], strict=True):
        close(left, right)
    names = [name for name, _ in cell.named_parameters()]
    for name, left in zip(names, mine[1 + len(state) :], strict=True):
        index = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].index("bias_ih" if name == "bias" else name)
        close(lstm_order(left) if ours is LSTM else left, other[1 + len(state) + index])


@pytest.mark.parametrize(
    "make", [lambda: GRU(INPUT, DIM, "after"), lambda: GRU(INPUT, DIM, "before"), lambda: LSTM(INPUT, DIM)]
)
def test_steps_and_their_gradients_equal_the_sequence(make):
    cell = make()
    randomise(cell)
    x_BTI = torch.randn(BATCH, STEPS, INPUT, requires_grad=True)
    state = tuple(torch.randn(BATCH, DIM, requires_grad=True) for _ in range(cell.states))
    history, steps, current = cell.unroll(x_BTI, state), [], state
    for x_BI in x_BTI.unbind(1):
        current = cell.step(cell.project(x_BI), current)
        steps.append(current)
    stacked = [torch.stack(parts, 1) for parts in zip(*steps, strict=True)]
    noise = [torch.randn_like(part) for part in stacked]
    inputs = [x_BTI, *state, *cell.parameters()]
    for left, right in zip(history, stacked, strict=True):
        close(left, right)
    totals = [sum((part * n).sum() for part, n in zip(parts, noise, strict=True)) for parts in (history, stacked)]
    for left, right in zip(gradients(totals[0], inputs), gradients(totals[1], inputs), strict=True):
        close(left, right)


def at_once(monkeypatch):
    """From now on as on a GPU: cuDNN's calls are PyTorch's own loops on a processor. The calls that are made."""
    calls = []
    monkeypatch.setattr(cell_module, "has_cudnn", lambda x: True)
    for name in ("gru", "lstm"):
        inner = getattr(torch, name)
        monkeypatch.setattr(torch, name, lambda *args, inner=inner: (calls.append(args), inner(*args))[1])
    return calls


@pytest.mark.parametrize("scale", [1, 500])
@pytest.mark.parametrize("lengths", [None, [5, 2, 1]])
@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize("make", [GRU, LSTM])
def test_what_a_gpu_computes_at_once_is_the_same_sequence(monkeypatch, make, constant, lengths, scale):
    cell = make(INPUT, DIM)
    randomise(cell)
    x_BTI = (scale * torch.randn(BATCH, STEPS, INPUT - constant)).requires_grad_()
    state = tuple(torch.randn(BATCH, DIM, requires_grad=True) for _ in range(cell.states))
    constants = [torch.randn(BATCH, 1, requires_grad=True)] * constant
    len_B = None if lengths is None else torch.tensor(lengths)
    given, inputs = [x_BTI, state, len_B, *constants], [x_BTI, *state, *constants, *cell.parameters()]
    expected = cell.run(*given)
    calls = at_once(monkeypatch)
    found = cell.run(*given)
    ((_, initial, _, _, _, _, train, _, _),) = calls
    assert train and all(part.is_contiguous() for part in (initial if make is LSTM else [initial]))
    real_BT1 = torch.ones(BATCH, STEPS, 1) if len_B is None else length_mask(len_B, STEPS)[..., None]
    (h_BTH, last), (expected_BTH, expected_last) = found, expected
    close(h_BTH * real_BT1, expected_BTH * real_BT1)
    for left, right in zip(last, expected_last, strict=True):
        close(left, right)
    noise_BTH, noise_BH = torch.randn_like(h_BTH) * real_BT1, torch.randn(BATCH, DIM)
    totals = [(h * noise_BTH).sum() + sum((part * noise_BH).sum() for part in end) for h, end in (found, expected)]
    for left, right in zip(*(gradients(total, inputs) for total in totals), strict=True):
        close(left, right)


@pytest.mark.parametrize("make", [GRU, LSTM])
def test_in_bfloat16_it_is_computed_in_float32(monkeypatch, make):
    cell, calls = make(INPUT, DIM).float(), at_once(monkeypatch)
    randomise(cell)
    x_BTI, zero = torch.randn(BATCH, STEPS, INPUT).bfloat16(), (torch.zeros(BATCH, DIM),) * cell.states
    expected_BTH, _ = cell.float().run(x_BTI.float(), zero)
    with torch.autocast("cpu", torch.bfloat16):
        h_BTH, last = cell.run(x_BTI.float(), zero, torch.tensor([5, 5, 5]))
    assert {part.dtype for part in (h_BTH, *last)} == {torch.bfloat16}
    assert all(call[0].dtype == torch.float32 for call in calls)
    torch.testing.assert_close(h_BTH, expected_BTH.bfloat16())


def test_cudnn_is_for_a_gpu_and_for_a_reset_gate_after_the_product(monkeypatch):
    x_BTI, state = torch.randn(BATCH, STEPS, INPUT), (torch.zeros(BATCH, DIM),)
    monkeypatch.setattr(torch, "gru", lambda *args: pytest.fail("called"))
    GRU(INPUT, DIM, "after").run(x_BTI, state)
    at_once(monkeypatch)
    GRU(INPUT, DIM, "before").run(x_BTI, state)


@pytest.mark.parametrize("cell, theirs", [("gru", nn.GRU), ("lstm", nn.LSTM)])
def test_the_padded_encoder_equals_a_packed_bidirectional_rnn(cell, theirs):
    config = RNNEncoder.Config(cell=cell, layers=2, dim=DIM)
    encoder, reference = (
        RNNEncoder(config, input_dim=INPUT),
        theirs(INPUT, DIM, 2, batch_first=True, bidirectional=True),
    )
    randomise(encoder)
    for index, suffix in enumerate(["l0", "l0_reverse", "l1", "l1_reverse"]):
        copy_weights(encoder.cells[index], reference, suffix)
    len_B = torch.tensor([5, 1, 3])
    x_BSE = torch.randn(3, 5, INPUT, requires_grad=True)
    packed, last = reference(pack_padded_sequence(x_BSE, len_B, batch_first=True, enforce_sorted=False))
    states_BSD, _ = pad_packed_sequence(packed, batch_first=True)
    encoded = encoder(x_BSE, len_B)
    real_BS = torch.tensor([[True] * 5, [True] + [False] * 4, [True] * 3 + [False] * 2])
    assert torch.equal(encoded.mask_BS, real_BS)
    close(encoded.states_BSD[real_BS], states_BSD[real_BS])
    for part, theirs_LBH in enumerate(last if cell == "lstm" else [last]):
        for layer in range(2):
            expected_BD = torch.cat([theirs_LBH[2 * layer], theirs_LBH[2 * layer + 1]], -1)
            close(encoded.final[layer][part], expected_BD)

    noise_BSD = torch.randn_like(states_BSD)
    mine = gradients((encoded.states_BSD * noise_BSD)[real_BS].sum(), [x_BSE, encoder.cells[0].weight_hh])
    other = gradients((states_BSD * noise_BSD)[real_BS].sum(), [x_BSE, reference.weight_hh_l0])
    close(mine[0], other[0])
    close(lstm_order(mine[1]) if cell == "lstm" else mine[1], other[1])


def test_the_encoders_states_keep_the_order_of_the_text_when_it_reads_backwards():
    """Reading `c b a EOS` and putting the states back gives what reading that text forwards gives, in reverse."""
    config = RNNEncoder.Config(cell="gru", dim=DIM, bidirectional=False)
    forward = RNNEncoder(config, input_dim=INPUT)
    backward = RNNEncoder(config.model_copy(update={"reverse_source": True}), input_dim=INPUT)
    randomise(forward)
    randomise(backward)
    x_SE = torch.randn(4, INPUT)
    read = forward(x_SE[[2, 1, 0, 3]][None], torch.tensor([4]))
    told = backward(x_SE[None], torch.tensor([4]))
    close(told.states_BSD[0], read.states_BSD[0][[2, 1, 0, 3]])
    close(told.final[0][0], read.final[0][0])
    assert torch.equal(told.final[0][0], told.states_BSD[:, 3])
