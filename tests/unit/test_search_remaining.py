"""What of a memory goes on when sentences end."""

import itertools

import pytest
import torch

from nmt.search.remaining import move_up, remaining, take_over


@pytest.mark.parametrize("done", list(itertools.product([False, True], repeat=4)))
def test_every_sentence_that_goes_on_is_there_once_and_few_move(done):
    rows = remaining(torch.tensor(done)).tolist()
    assert sorted(rows) == [row for row in range(4) if not done[row]]
    assert all(row == place for place, row in enumerate(rows) if not done[place])


@pytest.mark.parametrize("done", list(itertools.product([False, True], repeat=5)))
def test_every_tensor_of_the_memory_follows(done):
    keys, mask = torch.randn(5, 3, 2), torch.rand(5, 3) > 0.5
    shared = torch.arange(5.0)
    expected = keys.clone(), mask.clone(), shared.clone()
    places = [part.data_ptr() for part in (keys, mask, shared, shared)]
    rows = remaining(torch.tensor(done))
    found, (again, nothing, other) = move_up((keys, (mask, None, (shared, shared))), rows)
    assert nothing is None
    for mine, whole in zip((found, again, *other), (*expected, expected[2]), strict=True):
        assert torch.equal(mine, whole[rows]) and mine.is_contiguous()
    assert rows.numel() == 0 or [part.data_ptr() for part in (found, again, *other)] == places


def test_a_search_begins_with_rows_that_lie_one_after_the_other():
    turned, expected = torch.randn(3, 4, 2).transpose(1, 2), torch.randn(3, 2)
    found, (same, nothing) = take_over((turned, (expected, None)))
    assert found.is_contiguous() and found.equal(turned)
    assert same is expected and nothing is None
