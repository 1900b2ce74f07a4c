"""The compiled step of an LSTM and its way back against the equations in float64 and PyTorch's gradients of them."""

from __future__ import annotations

import math

import pytest
import torch

from .compiled import (
    DIMS,
    TYPES,
    guarded,
    near,
    needs_compiler,
    no_number_is_hidden,
    numbers,
    room,
    run,
    same_with_threads,
)

pytestmark = needs_compiler

GRADIENT = {torch.float32: 2e-5, torch.bfloat16: 0.08}
"""What a gradient may be off: the way back reads gates that were rounded to the type."""


class Step:
    """Random inputs of one step. B rows, H state; the gradients of h' and c' are each given in two parts."""

    def __init__(self, rows, dim, like):
        self.sizes, self.like = (rows, dim), like
        self.gates, self.recurrent = numbers(rows, 4 * dim, dtype=like), numbers(rows, 4 * dim, dtype=like)
        self.c = numbers(rows, dim, dtype=like)
        self.dh, self.dc = ([numbers(rows, dim, dtype=like) for _ in range(2)] for _ in range(2))

    def room(self, times=1):
        rows, dim = self.sizes
        return room(rows, times * dim, dtype=self.like)


def loops(step, has_dstate_c=True):
    """Active gates, tanh(c'), c', h', and the gradients of the gates and of c."""
    active, squashed, next_c, next_h = step.room(4), step.room(), step.room(), step.room()
    run("lstm", step.like, *step.sizes, step.gates, step.recurrent, step.c, active, squashed, next_c, next_h)
    dgates, dc = step.room(4), guarded(step.dc[0], step.like)
    given = *step.dh, step.dc[1] if has_dstate_c else None, step.c, active, squashed
    run("lstm_back", step.like, *step.sizes, *given, dgates, dc)
    return active, squashed, next_c, next_h, dgates, dc


def equations(step, has_dstate_c=True):
    gates, recurrent, c = (x.double().requires_grad_() for x in (step.gates, step.recurrent, step.c))
    (wi, wf, wo, wg), (ui, uf, uo, ug) = gates.chunk(4, -1), recurrent.chunk(4, -1)
    i, f, o, g = torch.sigmoid(wi + ui), torch.sigmoid(wf + uf), torch.sigmoid(wo + uo), torch.tanh(wg + ug)
    next_c = f * c + i * g
    next_h = o * torch.tanh(next_c)
    dh, dc = sum(x.double() for x in step.dh), sum(x.double() for x in step.dc[: 1 + has_dstate_c])
    gradients = torch.autograd.grad((next_h * dh + next_c * dc).sum(), (gates, c))
    return torch.cat([i, f, o, g], -1), torch.tanh(next_c), next_c, next_h, *gradients


@pytest.mark.parametrize("like", TYPES)
@pytest.mark.parametrize("rows", [1, 33])
@pytest.mark.parametrize("dim", DIMS)
@pytest.mark.parametrize("has_dstate_c", [True, False])
def test_a_step_and_its_way_back(has_dstate_c, dim, rows, like):
    step = Step(rows, dim, like)
    results = zip(loops(step, has_dstate_c), equations(step, has_dstate_c), strict=True)
    for place, (found, expected) in enumerate(results):
        near(found, expected.detach(), atol=GRADIENT[like] if place >= 4 else 1e-6, like=like)


def test_bfloat16_alone_is_what_makes_the_gradients_less_precise():
    """With gates and tanh(c') of 0 and 1 alone, nothing that the way back reads was rounded."""
    step = Step(4, 48, torch.bfloat16)
    step.gates.copy_(torch.randint(0, 2, step.gates.shape) * 400.0 - 200.0)
    step.gates[:, 3 * 48 :] = 0
    step.recurrent.zero_()
    step.c.copy_(torch.randint(-1, 2, step.c.shape) * 200.0)
    for found, expected in zip(loops(step), equations(step), strict=True):
        near(found, expected.detach())


@pytest.mark.parametrize("like", TYPES)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 3e38, -3e38])
@pytest.mark.parametrize("place", [0, 16])
def test_inputs_that_are_no_numbers_or_huge(bad, place, like):
    """In one row of each of the inputs: what is no number by the equations is none, and other rows do not feel it."""
    for name in ("gates", "recurrent", "c", "dh", "dc"):
        for gate in range(4 if name in ("gates", "recurrent") else 1):
            step = Step(3, 17, like)
            given = getattr(step, name)
            given = given[1] if isinstance(given, list) else given
            given[1, gate * 17 + place] = bad
            no_number_is_hidden(loops(step), equations(step), bad)


@pytest.mark.parametrize("like", TYPES)
def test_threads_change_no_bit(like):
    step = Step(40, 33, like)
    same_with_threads(lambda: loops(step))
