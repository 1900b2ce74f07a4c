"""Batches filled up to few shapes, against tables written by hand."""

from dataclasses import replace

import pytest
import torch

from nmt.data.batch import collate
from nmt.data.fill_up import fill_up


def test_by_hand():
    filled = fill_up(collate([[4, 5, 6, 7], [8]], [[5, 6, 7], [9]], [10, 11]))
    assert filled.src_BS.tolist() == [[4, 5, 6, 7, 2, 0, 0, 0], [8, 2, 0, 0, 0, 0, 0, 0], *[[2, *[0] * 7]] * 6]
    assert filled.src_len_B.tolist() == [5, 2, 1, 1, 1, 1, 1, 1]
    assert filled.tgt_in_BT.tolist() == [[1, 5, 6, 7], [1, 9, 0, 0], *[[1, 0, 0, 0]] * 6]
    assert filled.tgt_out_BT.tolist() == [[5, 6, 7, 2], [9, 2, 0, 0], *[[0, 0, 0, 0]] * 6]
    rows_R, steps_R = filled.real_targets
    assert rows_R.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert steps_R.tolist() == [0, 1, 2, 3, 0, 1, 2, 3]
    assert filled.tokens == 6
    assert filled.ids == [10, 11]


@pytest.mark.parametrize("longest", [None, 5, 7, 8, 9, 4])
def test_the_source_does_not_become_longer_than_it_may_be(longest):
    filled = fill_up(collate([[4, 5, 6, 7]], [[5]], [0]), longest)
    assert filled.src_BS.size(1) == {None: 8, 5: 5, 7: 7, 8: 8, 9: 8, 4: 5}[longest]


def test_the_guide_is_free_where_it_was_filled_up():
    batch = collate([[4], [5, 6]], [[5], [7]], [0, 1])
    filled = fill_up(replace(batch, guide_BTS=torch.ones(2, 2, 3)))
    assert filled.guide_BTS.shape == (8, 4, 4)
    assert filled.guide_BTS.sum() == filled.guide_BTS[:2, :2, :3].sum() == 12


@pytest.mark.parametrize("sentences", [1, 7, 8, 9, 64])
@pytest.mark.parametrize("longest", [1, 3, 4, 30])
def test_sizes_are_multiples_and_the_real_places_come_first(sentences, longest):
    lengths = [longest - i % min(longest, 3) for i in range(sentences)]
    batch = collate([[4] * n for n in lengths], [[5] * (n - 1) for n in lengths], list(range(sentences)))
    filled = fill_up(batch)
    (rows, steps), (B, S), T = filled.real_targets, filled.src_BS.shape, filled.tgt_out_BT.size(1)
    assert (B % 8, S % 4, T % 4, len(rows) % (B * T // 8)) == (0, 0, 0, 0)
    assert len(rows) <= B * T
    assert len(set(zip(rows.tolist(), steps.tolist(), strict=True))) == len(rows) == len(steps)
    real = [ids.tolist() for ids in batch.real_targets]
    assert [rows[: filled.tokens].tolist(), steps[: filled.tokens].tolist()] == real
    assert not filled.tgt_out_BT[rows[filled.tokens :], steps[filled.tokens :]].any()


def test_a_batch_that_has_the_shape_stays_as_it_is():
    batch = collate([[4, 5, 6]] * 8, [[5, 6, 7]] * 8, list(range(8)))
    for mine, other in zip(fill_up(batch).tensors(), batch.tensors(), strict=True):
        assert mine.equal(other)
