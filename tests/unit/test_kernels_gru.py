"""The compiled steps of a GRU and their ways back against the equations in float64 and PyTorch's gradients of them."""

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

GRADIENT = {torch.float32: 2e-5, torch.bfloat16: 0.06}
"""What a gradient may be off: the way back reads gates that were rounded to the type."""


class Step:
    """Random inputs of one step. B rows, H state; dh is given in two parts."""

    def __init__(self, rows, dim, like):
        self.sizes, self.like = (rows, dim), like
        self.gates_B3H, self.recurrent_B3H = numbers(rows, 3 * dim, dtype=like), numbers(rows, 3 * dim, dtype=like)
        self.h_BH, self.weight_HH = numbers(rows, dim, dtype=like), numbers(dim, dim, dtype=like, scale=dim**-0.5)
        self.dh = numbers(rows, dim, dtype=like), numbers(rows, dim, dtype=like)

    def room(self, times=1):
        rows, dim = self.sizes
        return room(rows, times * dim, dtype=self.like)

    def total(self, next_BH):
        return (next_BH * (self.dh[0].double() + self.dh[1].double())).sum()


def after(step):
    """Results of the loops of reset gate "after": r and z, candidate, h', and of the way back, which needs them."""
    rz_BH2, candidate_BH, next_BH = step.room(2), step.room(), step.room()
    recurrent_B3H = guarded(step.recurrent_B3H, step.like)
    results = rz_BH2, candidate_BH, next_BH
    run("gru_after", step.like, *step.sizes, step.gates_B3H, recurrent_B3H, step.h_BH, *results)
    dgates_B3H, kept_BH = step.room(3), step.room()
    kept = rz_BH2, candidate_BH, recurrent_B3H
    run("gru_after_back", step.like, *step.sizes, *step.dh, step.h_BH, *kept, dgates_B3H, kept_BH)
    return *results, dgates_B3H, recurrent_B3H, kept_BH


def after_expected(step):
    gates, recurrent, h = (x.double().requires_grad_() for x in (step.gates_B3H, step.recurrent_B3H, step.h_BH))
    (wr, wz, wn), (ur, uz, un) = gates.chunk(3, -1), recurrent.chunk(3, -1)
    r, z = torch.sigmoid(wr + ur), torch.sigmoid(wz + uz)
    n = torch.tanh(wn + r * un)
    next_BH = (1 - z) * n + z * h
    return torch.cat([r, z], -1), n, next_BH, *torch.autograd.grad(step.total(next_BH), (gates, recurrent, h))


def before(step):
    """The same of reset gate "before", where U_n (r h) and its way back are products between the loops."""
    rows, dim = step.sizes
    rz_BH2, inner_BH, candidate_BH, next_BH = step.room(2), step.room(), step.room(), step.room()
    recurrent_BH2 = guarded(step.recurrent_B3H[:, : 2 * dim], step.like)
    run("gru_before_gates", step.like, rows, dim, step.gates_B3H, recurrent_BH2, step.h_BH, rz_BH2, inner_BH)
    product_BH = guarded(inner_BH.double() @ step.weight_HH.double().t(), step.like)
    given = step.gates_B3H, product_BH, step.h_BH, rz_BH2
    run("gru_before_state", step.like, rows, dim, *given, candidate_BH, next_BH)
    dgates_B3H, kept_BH = step.room(3), step.room()
    given = *step.dh, step.h_BH, rz_BH2, candidate_BH
    run("gru_before_state_back", step.like, rows, dim, *given, dgates_B3H, kept_BH)
    dinner_BH = guarded(dgates_B3H[:, 2 * dim :].double() @ step.weight_HH.double(), step.like)
    run("gru_before_gates_back", step.like, rows, dim, dinner_BH, step.h_BH, rz_BH2, dgates_B3H, kept_BH)
    return rz_BH2, candidate_BH, next_BH, inner_BH, dgates_B3H, kept_BH


def before_expected(step):
    dim = step.sizes[1]
    gates, h = step.gates_B3H.double().requires_grad_(), step.h_BH.double().requires_grad_()
    (wr, wz, wn), (ur, uz) = gates.chunk(3, -1), step.recurrent_B3H.double()[:, : 2 * dim].chunk(2, -1)
    r, z = torch.sigmoid(wr + ur), torch.sigmoid(wz + uz)
    n = torch.tanh(wn + (r * h) @ step.weight_HH.double().t())
    next_BH = (1 - z) * n + z * h
    return torch.cat([r, z], -1), n, next_BH, r * h, *torch.autograd.grad(step.total(next_BH), (gates, h))


RESETS = {"after": (after, after_expected, 3), "before": (before, before_expected, 4)}
"""The loops, the equations, and how many of the results are of the way forth."""


def compare(reset, step):
    loops, equations, forth = RESETS[reset]
    for place, (found, expected) in enumerate(zip(loops(step), equations(step), strict=True)):
        near(
            found,
            expected.detach(),
            atol=GRADIENT[step.like] if place >= forth or reset == "before" else 1e-6,
            like=step.like,
        )


@pytest.mark.parametrize("like", TYPES)
@pytest.mark.parametrize("rows", [1, 33])
@pytest.mark.parametrize("dim", DIMS)
@pytest.mark.parametrize("reset", RESETS)
def test_a_step_and_its_way_back(reset, dim, rows, like):
    compare(reset, Step(rows, dim, like))


@pytest.mark.parametrize("reset", RESETS)
def test_bfloat16_alone_is_what_makes_the_gradients_less_precise(reset):
    """With gates that are 0, 0.5 or 1 in both types, nothing that the way back reads was rounded."""
    step = Step(4, 48, torch.bfloat16)
    for tensor in (step.gates_B3H, step.recurrent_B3H):
        tensor.copy_(torch.randint(-1, 2, tensor.shape) * 200.0)
    step.recurrent_B3H[step.recurrent_B3H == -step.gates_B3H] = 0
    step.weight_HH.zero_()
    loops, equations, _ = RESETS[reset]
    for found, expected in zip(loops(step), equations(step), strict=True):
        near(found, expected.detach(), atol=1e-6)


@pytest.mark.parametrize("like", TYPES)
@pytest.mark.parametrize("reset", RESETS)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 3e38, -3e38])
@pytest.mark.parametrize("place", [0, 16])
def test_inputs_that_are_no_numbers_or_huge(reset, bad, place, like):
    """In one row of each of the inputs: what is no number by the equations is none, and other rows do not feel it."""
    for name in ("gates_B3H", "recurrent_B3H", "h_BH", "dh"):
        for gate in range(3 if "3H" in name else 1):
            step = Step(3, 17, like)
            given = step.dh[1] if name == "dh" else getattr(step, name)
            given[1, gate * 17 + place] = bad
            loops, equations, _ = RESETS[reset]
            no_number_is_hidden(loops(step), equations(step), bad)


@pytest.mark.parametrize("like", TYPES)
@pytest.mark.parametrize("reset", RESETS)
def test_threads_change_no_bit(reset, like):
    step, loops = Step(40, 33, like), RESETS[reset][0]
    same_with_threads(lambda: loops(step))
