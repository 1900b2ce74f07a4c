"""Batches of a corpus too large for lists: the rules of `BatchOrder`, transcribed pair by pair."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmt.data.array_order import ArrayOrder
from nmt.data.config import BatchingConfig

CONFIGS = [
    BatchingConfig(sentences=1),
    BatchingConfig(sentences=7, pool=2),
    BatchingConfig(sentences=64),
    BatchingConfig(max_tokens=1, pool=2),
    BatchingConfig(max_tokens=60, pool=3),
    BatchingConfig(max_tokens=400),
]


def order_of(lengths, config, parts=None, seed=3):
    src, tgt = (np.array([pair[side] for pair in lengths], np.uint16) for side in (0, 1))
    return ArrayOrder((src, tgt), parts or [(len(lengths), 1.0)], config, seed)


def batches_of(order, epoch):
    batches = order.epoch(epoch)
    return [batches[b] for b in range(len(batches))]


def slow_batches(shuffled, lengths, config):
    """Pools of `pool` full batches, sorted by target and source length, cut where the next pair would be too many."""
    limit = config.max_tokens or config.sentences
    cost = {i: max(lengths[i]) + 1 if config.max_tokens else 1 for i in shuffled}
    pools, filled = [[]], 0
    for i in shuffled:
        if filled >= config.pool * limit:
            pools.append([])
            filled = 0
        pools[-1].append(i)
        filled += cost[i]
    batches = []
    for pool in pools:
        batch = []
        for i in sorted(pool, key=lambda i: (lengths[i][1], lengths[i][0])):
            if batch and max(cost[j] for j in [*batch, i]) * (len(batch) + 1) > limit:
                batches.append(batch)
                batch = []
            batch.append(i)
        batches.append(batch)
    return batches


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=1), st.sampled_from(CONFIGS))
def test_the_rules(lengths, config):
    order = order_of(lengths, config)
    found = batches_of(order, 1)
    shuffled = []

    class Recorder(ArrayOrder):
        def _drawn(self, random):
            shuffled.extend(super()._drawn(random).tolist())
            return np.array(shuffled, np.int32)

    recorder = Recorder((order._src, order._tgt), order._parts, config, 3)
    assert batches_of(recorder, 1) == found
    assert sorted(found) == sorted(slow_batches(shuffled, lengths, config))


def test_function_of_seed_and_epoch():
    lengths = [(n % 7 + 1, n % 5 + 1) for n in range(300)]
    order = order_of(lengths, CONFIGS[1])
    assert batches_of(order, 1) != batches_of(order, 2)
    assert batches_of(order, 2) == batches_of(order_of(lengths, CONFIGS[1]), 2)
    assert batches_of(order, 2) != batches_of(order_of(lengths, CONFIGS[1], seed=4), 2)
    assert order.epoch(1)[3:5] == batches_of(order, 1)[3:5]


def test_the_order_is_the_same_everywhere():
    """Typed from a first run: another machine or version of numpy must not train on another order."""
    order = order_of([(n + 1, 1) for n in range(9)], BatchingConfig(sentences=2, pool=2))
    assert batches_of(order, 1) == [[2, 5], [6, 8], [3, 4], [0, 1], [7]]


def test_pairs_and_batches_are_shuffled_all_over():
    order = order_of([(1, 1)] * 5000, BatchingConfig(sentences=10, pool=10))
    batches = batches_of(order, 1)
    first = np.array([i for batch in batches[:100] for i in batch])
    assert abs(first.mean() - 2500) < 250 and first.std() > 1200
    assert max(batches[0]) - min(batches[0]) > 500


@pytest.mark.parametrize("weight", [1.0, 2.0, 0.5, 2.25])
def test_weights(weight):
    order = order_of([(1, 1)] * 300, BatchingConfig(sentences=8), parts=[(100, 1.0), (200, weight)])
    counts = [Counter(i for batch in batches_of(order, epoch) for i in batch) for epoch in (1, 2)]
    for count in counts:
        assert [count[i] for i in range(100)] == [1] * 100
        assert sum(count[i] for i in range(100, 300)) == 200 * weight
        assert {count[i] for i in range(100, 300)} <= {int(weight), int(weight) + 1}
    assert (counts[0] == counts[1]) == weight.is_integer()
