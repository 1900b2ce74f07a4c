"""Which pairs come together, and when."""

import random
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmt.data.batching import BatchOrder
from nmt.data.config import BatchingConfig

CONFIGS = [
    BatchingConfig(sentences=1),
    BatchingConfig(sentences=7, pool=1),
    BatchingConfig(sentences=64),
    BatchingConfig(max_tokens=1, pool=2),
    BatchingConfig(max_tokens=60, pool=3),
    BatchingConfig(max_tokens=400),
]
generator = random.Random(1)
SRC = [generator.randint(1, 40) for _ in range(500)]
TGT = [max(1, length + generator.randint(-5, 5)) for length in SRC]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30))), st.sampled_from(CONFIGS), st.integers(0, 5))
def test_every_pair_once_and_within_the_limit(lengths, config, epoch):
    src, tgt = [s for s, _ in lengths], [t for _, t in lengths]
    batches = BatchOrder(src, tgt, config, seed=3).epoch(epoch)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    assert all(batches)
    for batch in batches:
        padded = len(batch) * max(max(src[i], tgt[i]) + 1 for i in batch)
        assert len(batch) <= (config.sentences or len(batch))
        assert config.max_tokens is None or padded <= config.max_tokens or len(batch) == 1


@pytest.mark.parametrize("config", CONFIGS)
def test_function_of_seed_and_epoch(config):
    order = BatchOrder(SRC, TGT, config, seed=1)
    second = order.epoch(2)
    assert order.epoch(1) != second
    assert order.epoch(2) == second
    assert BatchOrder(SRC, TGT, config, seed=1).epoch(2) == second
    assert BatchOrder(SRC, TGT, config, seed=2).epoch(2) != second
    assert BatchOrder(SRC, TGT, config, seed=2).epoch(1) != second


def test_another_process_finds_the_same_order():
    code = (
        "from nmt.data.batching import BatchOrder; from nmt.data.config import BatchingConfig;"
        "print(BatchOrder([1, 5, 3, 2, 4], [2, 2, 9, 1, 1], BatchingConfig(sentences=2, pool=2), 7).epoch(3))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    here = BatchOrder([1, 5, 3, 2, 4], [2, 2, 9, 1, 1], BatchingConfig(sentences=2, pool=2), 7).epoch(3)
    assert printed.strip() == str(here)


def test_one_pool_is_sorted_by_target_then_source():
    """With everything in one pool and one batch, the batch is the sorted corpus."""
    order = BatchOrder([3, 1, 2, 9], [5, 7, 5, 1], BatchingConfig(sentences=4, pool=1), seed=0)
    assert order.epoch(0) == [[3, 2, 0, 1]]


def test_sorting_saves_padding_and_pools_are_local():
    def padded(config):
        return sum(len(b) * max(TGT[i] + 1 for i in b) for b in BatchOrder(SRC, TGT, config, seed=0).epoch(0))

    real = sum(TGT) + len(TGT)
    assert padded(BatchingConfig(sentences=20, pool=25)) < 1.15 * real
    assert padded(BatchingConfig(sentences=20, pool=1)) > 1.4 * real


def test_sentence_batches_are_full_but_the_last():
    sizes = sorted(len(batch) for batch in BatchOrder(SRC, TGT, BatchingConfig(sentences=64, pool=3), seed=0).epoch(5))
    assert sizes == [500 - 7 * 64] + [64] * 7


def test_batches_do_not_come_by_length():
    order = BatchOrder(SRC, TGT, BatchingConfig(sentences=20, pool=25), seed=0)
    longest = [max(TGT[i] for i in batch) for batch in order.epoch(0)]
    assert longest != sorted(longest) and longest != sorted(longest, reverse=True)


def test_no_pairs():
    assert BatchOrder([], [], BatchingConfig(), seed=0).epoch(0) == []
