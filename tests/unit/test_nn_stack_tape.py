"""Stacked layers in a loop that feeds back, by hand against the steps that autograd takes one by one."""

import math

import pytest
import torch

from nmt.decoders.luong import Luong
from nmt.encoders.encoder import Encoded
from nmt.nn.stack_tape import StackTape

BATCH, STEPS, SOURCE, WIDTH, DIM = 3, 5, 4, 6, 7


def make(layers, **options):
    config = Luong.Config(dim=DIM, layers=layers, attentional_dim=5, **options)
    decoder = Luong(config, input_dim=WIDTH, memory_dim=8).double()
    for weight in decoder.parameters():
        torch.nn.init.normal_(weight, std=0.5)
    return decoder


def run(decoder):
    """The outputs, the weights of attention, and the gradients of all that they depend on."""
    generator = torch.Generator().manual_seed(1)
    sizes = [(BATCH, STEPS, WIDTH), (BATCH, SOURCE, 8), *[(BATCH, DIM)] * (decoder.shape.layers * decoder.shape.states)]
    x_BTE, memory_BSD, *parts = (
        torch.randn(size, generator=generator, dtype=decoder.combine.weight.dtype).requires_grad_() for size in sizes
    )
    mask_BS = torch.ones(BATCH, SOURCE, dtype=torch.bool)
    mask_BS[1, 2:] = False
    states = decoder.shape.states
    initial = tuple(tuple(parts[layer * states :][:states]) for layer in range(decoder.shape.layers))
    torch.manual_seed(2)
    memory, state = decoder.start(Encoded(memory_BSD, mask_BS, ()), initial)
    found = decoder.unroll(x_BTE, memory, state)
    total = (found.output_BTH * torch.randn(found.output_BTH.shape, generator=generator)).sum()
    total = total + (found.weights_BTS * torch.randn(found.weights_BTS.shape, generator=generator)).sum()
    inputs = [x_BTE, memory_BSD, *parts, *decoder.parameters()]
    return [found.output_BTH.detach(), found.weights_BTS.detach(), *torch.autograd.grad(total, inputs)]


@pytest.mark.parametrize("residual", [False, True], ids=["", "residual"])
@pytest.mark.parametrize("dropout", [{}, {"dropout": 0.4}, {"dropout": 0.4, "variational": True}], ids=str)
@pytest.mark.parametrize("cell", [{"cell": "lstm"}, {"cell": "gru"}, {"cell": "gru", "reset_gate": "before"}], ids=str)
@pytest.mark.parametrize("layers", [2, 3])
def test_by_hand_is_as_by_autograd(layers, cell, dropout, residual, monkeypatch):
    torch.manual_seed(3)
    decoder = make(layers, residual=residual, **cell, **dropout)
    for found, expected in zip(*both(decoder, monkeypatch), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_in_bfloat16(cell, dropout, monkeypatch):
    """Under autocast it is about as near to float32 as autograd is: what is rounded twice would be further off."""
    ratios = []
    for seed in range(6):
        torch.manual_seed(seed)
        decoder = make(3, residual=True, cell=cell, dropout=dropout).float()
        exact = run(decoder)
        with torch.autocast("cpu", torch.bfloat16), monkeypatch.context() as patch:
            by_hand, by_autograd = both(decoder, patch)
        ratios.append(distance(by_hand, exact) / distance(by_autograd, exact))
    assert 0.4 < math.prod(ratios) ** (1 / len(ratios)) < 1.6


def distance(found, exact):
    """The sum of the relative errors."""
    return sum(float((part - whole).norm() / whole.norm()) for part, whole in zip(found, exact, strict=True))


def both(decoder, monkeypatch):
    """The results by hand, and by autograd, with the same dropout."""
    ways, back = [], StackTape.step_back
    monkeypatch.setattr(StackTape, "step_back", lambda *given: ways.append("by hand") or back(*given))
    by_hand = run(decoder)
    assert ways == ["by hand"] * STEPS
    monkeypatch.setattr(decoder.attention, "tape", lambda: None)
    by_autograd = run(decoder)
    assert len(ways) == STEPS
    return by_hand, by_autograd
