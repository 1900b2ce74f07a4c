"""Masks, reversals, means, maxout and trees, by hand."""

import pytest
import torch

from nmt.nn.masks import length_mask, mean_over, reorder, reversal_index
from nmt.nn.maxout import Maxout
from nmt.nn.tree import map_tensors


def test_a_mask_is_true_at_real_tokens():
    assert length_mask(torch.tensor([2, 0, 3]), 3).tolist() == [[True, True, False], [False] * 3, [True] * 3]


def test_a_reversal_turns_the_real_tokens_and_keeps_the_rest():
    index_BS = reversal_index(torch.tensor([3, 1, 0, 4]), 4)
    assert index_BS.tolist() == [[2, 1, 0, 3], [0, 1, 2, 3], [0, 1, 2, 3], [3, 2, 1, 0]]


def test_a_reversal_is_its_own_inverse():
    x_BSF = torch.arange(24.0).view(2, 4, 3)
    index_BS = reversal_index(torch.tensor([3, 2]), 4)
    once_BSF = reorder(x_BSF, index_BS)
    assert once_BSF[0, :, 0].tolist() == [6.0, 3.0, 0.0, 9.0]
    assert once_BSF[1, :, 2].tolist() == [17.0, 14.0, 20.0, 23.0]
    assert torch.equal(reorder(once_BSF, index_BS), x_BSF)


def test_a_mean_is_over_the_real_positions():
    x_BSF = torch.tensor([[[1.0, 10.0], [3.0, 30.0], [99.0, 99.0]], [[5.0, 7.0], [99.0, 99.0], [99.0, 99.0]]])
    mask_BS = torch.tensor([[True, True, False], [True, False, False]])
    assert mean_over(x_BSF, mask_BS).tolist() == [[2.0, 20.0], [5.0, 7.0]]


def test_maxout_takes_the_larger_of_neighbours():
    maxout = Maxout(3, 2)
    with torch.no_grad():
        maxout.linear.weight.copy_(torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [-1, 0, 0]]))
        maxout.linear.bias.copy_(torch.tensor([0.0, 0, 0, 0.5]))
        assert maxout([torch.tensor([[1.0, 4.0], [-2.0, -3.0]]), torch.tensor([[-3.0], [2.0]])]).tolist() == [
            [4.0, -0.5],
            [-2.0, 2.5],
        ]


def test_a_tree_keeps_its_shape():
    tree = (torch.tensor([1, 2]), None, ((torch.tensor([3, 4]),),))
    first, none, ((last,),) = map_tensors(lambda part: part[:1], tree)
    assert (first.tolist(), none, last.tolist()) == ([1], None, [3])
    with pytest.raises(TypeError, match="not list"):
        map_tensors(torch.clone, ([torch.ones(1)],))
