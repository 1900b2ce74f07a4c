"""The compiled loops of attention against the equations in float64, and their exp, sigmoid, tanh and rounding."""

from __future__ import annotations

import ctypes
import math

import pytest
import torch

from nmt.kernels.build import load_library
from nmt.kernels.kernels import TYPES as NAMES
from nmt.kernels.kernels import find_kernel, use_kernels

from .compiled import CURVES, DIMS, TYPES, guarded, near, needs_compiler, numbers, room, run, with_threads

pytestmark = needs_compiler

NAN, INF = math.nan, math.inf
SHAPES = [(1, 1, 1), (1, 5, 17), (4, 6, 1), (3, 7, 16), (2, 33, 15), (9, 8, 31), (40, 3, 500)]
"""B sentences, S positions, P values (or A)."""


def mask_penalty(batch, positions):
    """Sentence b keeps its first positions, all but b % S of them."""
    penalty_BS = torch.zeros(batch, positions)
    for b in range(batch):
        penalty_BS[b, positions - b % positions :] = -INF
    return guarded(penalty_BS)


def wide():
    """Numbers of all sizes, both signs."""
    sizes = torch.logspace(-30, 38.5, 5000)
    return torch.cat([torch.linspace(-100, 100, 20001), sizes, -sizes, torch.tensor([0.0, INF, -INF, NAN])])


def test_tanh():
    x = guarded(wide())
    found = room(len(x))
    run("additive", torch.float32, 1, 1, len(x), 1, x, guarded(torch.zeros(1)), guarded(torch.ones(1)), None, found)
    torch.testing.assert_close(found.double(), x.double().tanh(), rtol=1e-6, atol=4e-7, equal_nan=True)
    small = x.abs() < 0.5
    torch.testing.assert_close(found[small].double(), x[small].double().tanh(), rtol=1e-6, atol=1e-37)
    assert found.nan_to_num().abs().max() <= 1


def test_tanh_for_bfloat16():
    x = guarded(wide(), torch.bfloat16)
    found, like = room(len(x)), x.dtype
    one, zero = guarded(torch.ones(1), like), guarded(torch.zeros(1), like)
    run("additive", like, 1, 1, len(x), 1, x, zero, one, None, found)
    torch.testing.assert_close(found.double(), x.double().tanh(), rtol=CURVES[like], atol=1e-37, equal_nan=True)
    assert found.nan_to_num().abs().max() <= 1


def test_sigmoid():
    x = guarded(wide())
    found = room(1, 2 * len(x))
    gates, zeros = guarded(torch.cat([x, x, x])), guarded(torch.zeros(3 * len(x)))
    run("gru_before_gates", torch.float32, 1, len(x), gates, zeros, zeros, found, room(len(x)))
    expected = x.double().sigmoid().expand(2, -1)
    torch.testing.assert_close(found.view(2, -1).double(), expected, rtol=1e-6, atol=1e-37, equal_nan=True)


def test_sigmoid_for_bfloat16():
    x = guarded(wide(), torch.bfloat16)
    found, like = room(1, 2 * len(x), dtype=x.dtype), x.dtype
    gates, zeros = guarded(torch.cat([x, x, x]), like), guarded(torch.zeros(3 * len(x)), like)
    run("gru_before_gates", like, 1, len(x), gates, zeros, zeros, found, room(len(x), dtype=like))
    near(found.view(2, -1), x.double().sigmoid().expand(2, -1), atol=1e-37)


@pytest.mark.parametrize("like", TYPES)
def test_exp(like):
    """The ratio of two weights is exp of the difference of their scores; below e^-87 it is as good as 0."""
    x = torch.cat([-torch.logspace(-30, 38.5, 5000), torch.linspace(-86, 0, 20001), torch.tensor([-INF])])
    scores_BS, batch = guarded(torch.stack([torch.zeros_like(x), x], 1)), len(x)
    weights_BS, context_BP = room(batch, 2), room(batch, 1, dtype=like)
    penalty_BS, values_BS1 = guarded(torch.zeros(batch, 2)), guarded(torch.zeros(batch, 2), like)
    run("attend", like, batch, 2, 1, scores_BS, penalty_BS, values_BS1, weights_BS, room(batch, 1), context_BP)
    ratio_B = weights_BS[:, 1].double() / weights_BS[:, 0].double()
    rtol = 5e-7 if like == torch.float32 else 1e-5
    torch.testing.assert_close(ratio_B, x.double().exp(), rtol=rtol, atol=2e-38)


def test_bfloat16_is_rounded_as_by_pytorch():
    """kept = (dh + dstate) z with z = 1: to nearest, ties to even, over the edge to infinity; denormals may be 0."""
    ends = torch.tensor([1.0, 1.0078125, 3.3e38, -3.3e38, INF, -INF, NAN, 1e-34, 256.0, 257.0, 0.0, -0.0])
    dh, dstate = (part.reshape(1, -1).bfloat16() for part in torch.meshgrid(ends, ends / 256, indexing="ij"))
    dh, dstate = guarded(dh, torch.bfloat16), guarded(dstate, torch.bfloat16)
    dim, like = dh.size(1), torch.bfloat16
    ones, kept = guarded(torch.ones(2 * dim), like), room(1, dim, dtype=like)
    run("gru_before_state_back", like, 1, dim, dh, dstate, ones, ones, ones, room(3 * dim, dtype=like), kept)
    expected = (dh.float() + dstate.float()).bfloat16()
    torch.testing.assert_close(kept, expected, rtol=0, atol=0, equal_nan=True)


def attend(scores_BS, penalty_BS, values_BSP):
    """By float64; padding out of sight."""
    inside_BS = penalty_BS == 0
    weights_BS = scores_BS.double().masked_fill(~inside_BS, -INF).softmax(-1)
    return weights_BS, (weights_BS[:, None] @ values_BSP.double().masked_fill(~inside_BS[..., None], 0))[:, 0]


def run_attend(like, scores_BS, penalty_BS, values_BSP):
    batch, positions, width = values_BSP.shape
    weights_BS, context_BP = room(batch, positions), room(batch, width, dtype=like)
    sums_BP = room(batch, width)
    run("attend", like, *values_BSP.shape, scores_BS, penalty_BS, values_BSP, weights_BS, sums_BP, context_BP)
    return weights_BS, context_BP


@pytest.mark.parametrize("like", TYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_attend_and_its_way_back(shape, like):
    batch, positions, width = shape
    penalty_BS, scores_BS = mask_penalty(batch, positions), numbers(batch, positions, scale=3)
    values_BSP = numbers(*shape, dtype=like)
    scores_BS[penalty_BS < 0], values_BSP[penalty_BS < 0] = NAN, NAN
    weights_BS, context_BP = run_attend(like, scores_BS, penalty_BS, values_BSP)
    scores_BS = scores_BS.double().requires_grad_()
    expected, context = attend(scores_BS, penalty_BS, values_BSP)
    near(weights_BS, expected.detach())
    near(context_BP, context.detach(), atol=1e-5)
    assert (weights_BS[penalty_BS < 0] == 0).all()

    dcontext_BP, dweights_BS, dscores_BS = (
        numbers(batch, width, dtype=like),
        numbers(*scores_BS.shape),
        room(*shape[:2]),
    )
    dweights_BS[penalty_BS < 0] = NAN
    run("attend_back", like, *shape, dcontext_BP, dweights_BS, weights_BS, values_BSP, dscores_BS)
    total = (context * dcontext_BP.double()).sum() + (expected * dweights_BS.double().nan_to_num()).sum()
    (wanted,) = torch.autograd.grad(total, scores_BS)
    near(dscores_BS, wanted, atol=2e-5)
    assert (dscores_BS[penalty_BS < 0] == 0).all()


@pytest.mark.parametrize("like", TYPES)
@pytest.mark.parametrize("bad", [NAN, INF, -INF, 3e38, -3e38])
def test_attend_with_scores_of_any_size(bad, like):
    penalty_BS, values_BSP = mask_penalty(3, 18), numbers(3, 18, 5, dtype=like)
    for place in (0, 15):
        scores_BS = numbers(3, 18)
        scores_BS[1, place] = bad
        weights_BS, context_BP = run_attend(like, scores_BS, penalty_BS, values_BSP)
        expected, context = attend(scores_BS, penalty_BS, values_BSP)
        inside_BS = penalty_BS == 0
        near(weights_BS[inside_BS], expected[inside_BS])
        near(context_BP, context, atol=1e-5)


@pytest.mark.parametrize("like", TYPES)
def test_nan_in_attend_comes_out(like):
    """Of values and of each gradient; of the weights, which hold it where a score was NaN."""
    given = {
        "dcontext": numbers(2, 17, dtype=like),
        "dweights": numbers(2, 4),
        "weights": guarded(torch.full((2, 4), 0.25)),
        "values": numbers(2, 4, 17, dtype=like),
    }
    for name, tensor in given.items():
        bad = {**given, name: guarded(tensor, tensor.dtype)}
        bad[name].view(2, -1)[1, -1] = NAN
        dscores_BS = room(2, 4)
        run("attend_back", like, 2, 4, 17, *bad.values(), dscores_BS)
        assert dscores_BS.isnan().tolist() == [[False] * 4, [True] * 4], name
    weights_BS, context_BP = run_attend(like, numbers(2, 4), guarded(torch.zeros(2, 4)), bad["values"])
    assert not weights_BS.isnan().any()
    assert context_BP.isnan().nonzero().tolist() == [[1, 16]]


@pytest.mark.parametrize("queries", [1, 2, 3, 4, 5, 11])
@pytest.mark.parametrize("shape", [*SHAPES, (2, 9, 131)], ids=str)
def test_contexts(shape, queries):
    batch, positions, width = shape
    weights_BMS, values_BSP = numbers(batch, queries, positions), numbers(*shape, dtype=torch.bfloat16)
    context_BMP = room(batch, queries, width, dtype=torch.bfloat16)
    run("contexts", torch.bfloat16, batch, queries, positions, width, weights_BMS, values_BSP, context_BMP)
    near(context_BMP, weights_BMS.double() @ values_BSP.double(), atol=1e-5)


def test_nan_in_contexts_comes_out():
    for place in (0, 1):
        bad = numbers(2, 6, 3), numbers(2, 3, 70, dtype=torch.bfloat16)
        bad[place][1, 1, 2] = NAN
        context_BMP = room(2, 6, 70, dtype=torch.bfloat16)
        run("contexts", torch.bfloat16, 2, 6, 3, 70, *bad, context_BMP)
        expected = bad[0].double() @ bad[1].double()
        assert context_BMP.isnan().equal(expected.isnan())


@pytest.mark.parametrize("bits", [0x7FFFFFFF, 0x7F800001, -1])
def test_nan_of_any_bits_is_rounded_to_nan(bits):
    """Counted up as a number is in rounding, the largest one would become -0."""
    nan = torch.tensor([bits], dtype=torch.int32).view(torch.float32)
    values_BSP = numbers(1, 1, 17, dtype=torch.bfloat16)
    _, context_BP = run_attend(torch.bfloat16, nan[None], torch.zeros(1, 1), values_BSP)
    assert context_BP.isnan().all()


def run_additive(like, keys_BSA, query_BMA, v_A, penalty_BS=None):
    (batch, positions, dim), queries = keys_BSA.shape, query_BMA.size(1)
    scores_BMS = room(batch, queries, positions)
    run("additive", like, batch, queries, positions, dim, keys_BSA, query_BMA, v_A, penalty_BS, scores_BMS)
    return scores_BMS


def additive(keys_BSA, query_BMA, v_A):
    return (query_BMA[:, :, None] + keys_BSA[:, None]).tanh() @ v_A


@pytest.mark.parametrize("like", TYPES)
@pytest.mark.parametrize("queries", [1, 4, 6])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_additive_and_its_way_back(shape, queries, like):
    batch, positions, dim = shape
    tensors = numbers(*shape, dtype=like), numbers(batch, queries, dim, dtype=like), numbers(dim, dtype=like)
    scores_BMS = run_additive(like, *tensors)
    exact = [tensor.double().requires_grad_() for tensor in tensors]
    expected = additive(*exact)
    near(scores_BMS, expected.detach(), atol=1e-5, like=like)

    dscores_BMS = numbers(*scores_BMS.shape)
    before = numbers(*shape), numbers(batch, dim)
    dkeys_BSA, dv_BA = (guarded(part) for part in before)
    dquery_BMA = room(batch, queries, dim)
    sizes = batch, queries, positions, dim
    run("additive_back", like, *sizes, *tensors, dscores_BMS, dkeys_BSA, dquery_BMA, dv_BA)
    dkeys, dquery, dv = torch.autograd.grad((expected * dscores_BMS.double()).sum(), exact)
    near(dkeys_BSA, before[0].double() + dkeys, atol=1e-5, like=like)
    near(dquery_BMA, dquery, atol=2e-5, like=like)
    near(dv_BA.double().sum(0).float(), before[1].double().sum(0) + dv, atol=2e-4, like=like)


@pytest.mark.parametrize("like", TYPES)
def test_additive_reads_no_padding(like):
    """Its scores are 0, and a gradient of 0 leaves the padding's NaN alone."""
    penalty_BS, keys_BSA = mask_penalty(5, 6), numbers(5, 6, 17, dtype=like)
    clean = run_additive(like, keys_BSA, query := numbers(5, 2, 17, dtype=like), v := numbers(17, dtype=like))
    keys_BSA[penalty_BS < 0] = NAN
    scores_BMS = run_additive(like, keys_BSA, query, v, penalty_BS)
    inside_BMS = (penalty_BS == 0)[:, None].expand(5, 2, 6)
    assert scores_BMS.equal(clean.where(inside_BMS, 0.0))

    dkeys_BSA, dquery_BMA, dv_BA = guarded(torch.zeros(5, 6, 17)), room(5, 2, 17), guarded(torch.zeros(5, 17))
    dscores_BMS = guarded(inside_BMS.float())
    run("additive_back", like, 5, 2, 6, 17, keys_BSA, query, v, dscores_BMS, dkeys_BSA, dquery_BMA, dv_BA)
    assert not any(part.isnan().any() for part in (dkeys_BSA, dquery_BMA, dv_BA))
    assert not dkeys_BSA[penalty_BS < 0].any()


@pytest.mark.parametrize("like", TYPES)
@pytest.mark.parametrize("dim", DIMS)
def test_nan_in_additive_comes_out(dim, like):
    given = [numbers(2, 3, dim, dtype=like), numbers(2, 2, dim, dtype=like), numbers(dim, dtype=like)]
    for place in range(3):
        bad = [guarded(tensor, like) for tensor in given]
        bad[place][..., -1] = NAN
        assert run_additive(like, *bad).isnan().all()
        results = guarded(torch.zeros(2, 3, dim)), room(2, 2, dim), guarded(torch.zeros(2, dim))
        run("additive_back", like, 2, 2, 3, dim, *bad, guarded(torch.ones(2, 2, 3)), *results)
        for part in results[: 2 if place == 2 else 3]:
            assert part[..., -1].isnan().all()
            assert not part[..., :-1].isnan().any()
    results = guarded(torch.zeros(2, 3, dim)), room(2, 2, dim), guarded(torch.zeros(2, dim))
    run("additive_back", like, 2, 2, 3, dim, *given, guarded(torch.full((2, 2, 3), NAN)), *results)
    assert all(part.isnan().all() for part in results)


@pytest.mark.parametrize("like", TYPES)
def test_threads_change_no_bit(like):
    scores_BS, penalty_BS, values_BSP = numbers(40, 9), mask_penalty(40, 9), numbers(40, 9, 33, dtype=like)
    query_BMA, v_A, dscores_BMS = numbers(40, 3, 33, dtype=like), numbers(33, dtype=like), numbers(40, 3, 9)

    def compute():
        weights_BS, context_BP = run_attend(like, scores_BS, penalty_BS, values_BSP)
        dscores_BS = room(40, 9)
        run("attend_back", like, 40, 9, 33, context_BP, scores_BS, weights_BS, values_BSP, dscores_BS)
        results = guarded(torch.zeros(40, 9, 33)), room(40, 3, 33), guarded(torch.zeros(40, 33))
        run("additive_back", like, 40, 3, 9, 33, values_BSP, query_BMA, v_A, dscores_BMS, *results)
        return weights_BS, context_BP, dscores_BS, run_additive(like, values_BSP, query_BMA, v_A), *results

    one, two = with_threads(1, compute), with_threads(2, compute)
    assert [left.equal(right) for left, right in zip(one, two, strict=True)] == [True] * 7


def test_the_threads_are_those_of_pytorch():
    library = load_library()
    assert isinstance(library, ctypes.CDLL)
    for count in (1, 2, 3):
        assert with_threads(count, library.omp_get_max_threads) == count


def test_where_there_is_no_loop():
    for dtype in NAMES:
        assert find_kernel("attend", torch.empty(0, dtype=dtype)) is not None
    for other in (
        torch.empty(0, dtype=torch.float64),
        torch.empty(0, dtype=torch.float16),
        torch.empty(0, device="meta"),
    ):
        assert find_kernel("attend", other) is None
    assert find_kernel("no_such_loop", torch.empty(0)) is None
    use_kernels(False)
    assert find_kernel("attend", torch.empty(0)) is None
    use_kernels(True)
    assert find_kernel("attend", torch.empty(0)) is not None
