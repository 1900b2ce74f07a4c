"""The fuzz targets on changed valid files, a few in every test run; `make fuzz` goes on for as long as wanted."""

import pytest
from hypothesis import given, settings

from .mutation import mutated
from .targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_seeds(name):
    for seed in TARGETS[name].seeds:
        TARGETS[name].read(seed)


@settings(deadline=None, max_examples=150)
@given(mutated(TARGETS["config"].seeds))
def test_config(data):
    TARGETS["config"].read(data)


@settings(deadline=None, max_examples=250)
@given(mutated(TARGETS["model"].seeds))
def test_model(data):
    TARGETS["model"].read(data)


@settings(deadline=None, max_examples=400)
@given(mutated(TARGETS["alignments"].seeds))
def test_alignments(data):
    TARGETS["alignments"].read(data)


@settings(deadline=None, max_examples=150)
@given(mutated(TARGETS["text"].seeds))
def test_text(data):
    TARGETS["text"].read(data)
