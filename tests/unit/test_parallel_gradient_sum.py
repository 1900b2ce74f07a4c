"""The sum of gradients over ranks, with a second rank that the test plays."""

import pytest
import torch
from torch import nn

from nmt.parallel import gradient_sum
from nmt.parallel.gradient_sum import GradientSum
from nmt.parallel.ranks import Ranks


class Pair(Ranks):
    """Two ranks; the other one sends what `answers` has for each bucket, or the same as this one."""

    size = 2

    def __init__(self, answers=None):
        self.answers = answers
        self.begun, self.ended = [], 0

    def begin_sum(self, buffer):
        self.begun.append(buffer.clone())
        return buffer

    def end_sum(self, work):
        work += self.begun[self.ended] if self.answers is None else self.answers[self.ended]
        self.ended += 1


class Layers(nn.Module):
    """y = c b a x, and a weight that is not used."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = (nn.Parameter(torch.tensor([float(n), 1.0])) for n in (2, 3, 5))
        self.unused = nn.Parameter(torch.ones(3))

    def forward(self, x):
        return (self.c * self.b * self.a * x).sum()


def gradients(model):
    return {name: None if p.grad is None else p.grad.tolist() for name, p in model.named_parameters()}


def end(total, in_place=False):
    total.send()
    total.finish(in_place)


@pytest.fixture(params=[1, 4, 100])
def bucket(request, monkeypatch):
    monkeypatch.setattr(gradient_sum, "BUCKET", request.param)
    return request.param


def test_gradients_of_two_equal_ranks_double(bucket):
    model = Layers()
    total = GradientSum(list(model.parameters()), Pair())
    for _ in range(2):
        model.zero_grad(set_to_none=True)
        total._ranks.begun.clear()
        total._ranks.ended = 0
        total.expect()
        model(torch.tensor([7.0, 1.0])).backward()
        end(total)
        assert gradients(model) == {"a": [210.0, 2.0], "b": [140.0, 2.0], "c": [84.0, 2.0], "unused": None}


def test_only_the_last_of_several_backward_passes_is_sent(bucket):
    model, ranks = Layers(), Pair()
    total = GradientSum(list(model.parameters()), ranks)
    model(torch.tensor([7.0, 1.0])).backward()
    assert ranks.begun == []
    total.expect()
    model(torch.tensor([1.0, 1.0])).backward()
    end(total)
    assert gradients(model) == {"a": [240.0, 4.0], "b": [160.0, 4.0], "c": [96.0, 4.0], "unused": None}


def test_replayed_gradients_stay_where_they_are(bucket):
    """What a replay makes is seen by no hook, and found in the same memory at the next one."""
    model = Layers()
    total = GradientSum(list(model.parameters()), Pair())
    model(torch.tensor([7.0, 1.0])).backward()
    places = [p.grad.data_ptr() for p in (model.a, model.b, model.c)]
    end(total, in_place=True)
    assert gradients(model) == {"a": [210.0, 2.0], "b": [140.0, 2.0], "c": [84.0, 2.0], "unused": None}
    assert [p.grad.data_ptr() for p in (model.a, model.b, model.c)] == places


@pytest.mark.parametrize("in_place", [False, True])
def test_a_rank_without_a_share_takes_the_gradients_of_the_others(in_place):
    model = Layers()
    parameters = list(model.parameters())
    theirs = [torch.tensor([0.0, 0, 0, 50, 51, 30, 31, 20, 21, 0, 1, 1, 1])]
    total = GradientSum(parameters, Pair(theirs))
    end(total, in_place)
    assert gradients(model) == {"a": [20.0, 21.0], "b": [30.0, 31.0], "c": [50.0, 51.0], "unused": None}
    if in_place:
        assert all(p.grad.untyped_storage().nbytes() == 8 for p in (model.a, model.b, model.c))


def test_buckets_leave_during_the_backward_pass_and_in_one_order(monkeypatch):
    monkeypatch.setattr(gradient_sum, "BUCKET", 2)
    model, ranks = Layers(), Pair()
    used = [model.a, model.b, model.c]
    total = GradientSum(used, ranks)
    total.expect()
    model(torch.tensor([7.0, 1.0])).backward()
    assert [buffer.tolist() for buffer in ranks.begun] == [[42.0, 1.0, 1.0], [70.0, 1.0, 1.0], [105.0, 1.0, 1.0]]
    end(total)
    assert len(ranks.begun) == 3


def test_a_bucket_waits_for_those_before_it(monkeypatch):
    """`unused` is in the first bucket, so nothing may leave before the end: other ranks might be ahead otherwise."""
    monkeypatch.setattr(gradient_sum, "BUCKET", 2)
    model, ranks = Layers(), Pair()
    total = GradientSum(list(model.parameters()), ranks)
    total.expect()
    model(torch.tensor([7.0, 1.0])).backward()
    assert ranks.begun == []
    end(total)
    assert [len(buffer) for buffer in ranks.begun] == [4, 3, 3, 3]


def test_shares_are_all_of_a_batch():
    whole = list(range(11))
    shares = []
    for rank in range(3):
        ranks = Ranks()
        ranks.rank, ranks.size = rank, 3
        shares.append(ranks.share(whole))
    assert sorted(sum(shares, [])) == whole
    assert [len(share) for share in shares] == [4, 4, 3]
    assert ranks.share([5]) == []
