"""Padding, typed by hand and against a slow loop."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nmt.data.batch import collate, collate_source

torch.set_num_threads(1)


def test_by_hand():
    batch = collate([[10, 11, 12], [20]], [[30], [40, 41]], [7, 3])
    assert batch.src_BS.tolist() == [[10, 11, 12, 2], [20, 2, 0, 0]]
    assert batch.src_len_B.tolist() == [4, 2]
    assert batch.tgt_in_BT.tolist() == [[1, 30, 0], [1, 40, 41]]
    assert batch.tgt_out_BT.tolist() == [[30, 2, 0], [40, 41, 2]]
    assert [t.tolist() for t in batch.real_targets] == [[0, 0, 1, 1, 1], [0, 1, 0, 1, 2]]
    assert batch.tokens == 5
    assert batch.ids == [7, 3]


def test_types():
    batch = collate([[4]], [[5, 6]], [0])
    tensors = [batch.src_BS, batch.src_len_B, batch.tgt_in_BT, batch.tgt_out_BT, *batch.real_targets]
    assert all(tensor.dtype == torch.int64 for tensor in tensors)


def test_an_empty_sentence_is_eos_alone():
    src_BS, src_len_B = collate_source([[], [5, 6]])
    assert src_BS.tolist() == [[2, 0, 0], [5, 6, 2]]
    assert src_len_B.tolist() == [1, 3]
    batch = collate([[]], [[]], [0])
    assert (batch.src_BS.tolist(), batch.tgt_in_BT.tolist(), batch.tgt_out_BT.tolist()) == ([[2]], [[1]], [[2]])


SENTENCES = st.lists(
    st.tuples(st.lists(st.integers(3, 99), max_size=6), st.lists(st.integers(3, 99), max_size=6)), min_size=1
)


@settings(deadline=None)
@given(SENTENCES)
def test_against_a_loop(pairs):
    src, tgt = [list(s) for s, _ in pairs], [list(t) for _, t in pairs]
    batch = collate(src, tgt, list(range(len(pairs))))
    width, height = max(map(len, src)) + 1, max(map(len, tgt)) + 1
    rows, steps = [], []
    for b, (s, t) in enumerate(pairs):
        assert batch.src_BS[b].tolist() == s + [2] + [0] * (width - len(s) - 1)
        assert batch.tgt_in_BT[b].tolist() == [1] + t + [0] * (height - len(t) - 1)
        assert batch.tgt_out_BT[b].tolist() == t + [2] + [0] * (height - len(t) - 1)
        rows += [b] * (len(t) + 1)
        steps += range(len(t) + 1)
    assert batch.src_len_B.tolist() == [len(s) + 1 for s in src]
    assert [t.tolist() for t in batch.real_targets] == [rows, steps]
    assert batch.tgt_out_BT[batch.real_targets].tolist() == [i for t in tgt for i in [*t, 2]]


def test_to_the_same_device():
    batch = collate([[4]], [[5]], [0])
    assert batch.to("cpu").src_BS is batch.src_BS


def test_to_another_device():
    moved = collate([[4]], [[5]], [0]).to("meta")
    tensors = [moved.src_BS, moved.src_len_B, moved.tgt_in_BT, moved.tgt_out_BT, *moved.real_targets]
    assert {tensor.device.type for tensor in tensors} == {"meta"}
    assert moved.ids == [0]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_to_a_gpu_and_back():
    batch = collate([[4, 5], [6]], [[5], [7]], [0, 1])
    moved = batch.to("cuda")
    assert moved.src_BS.is_cuda and moved.real_targets[1].is_cuda
    assert moved.to("cpu").tgt_in_BT.tolist() == batch.tgt_in_BT.tolist()
