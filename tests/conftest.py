"""One thread and a fixed random state for every test."""

import os
import sys

import pytest

os.environ["OMP_NUM_THREADS"] = "1"


@pytest.fixture(autouse=True)
def _seed():
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(1)
