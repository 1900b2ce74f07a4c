"""One thread and a fixed random state for every test, and none leaves another mode of the processor or of the loops.

Signals that the tests send are not ignored, as they would be by what nohup or a shell's `&` starts.

hypothesis tries the same inputs in every run; with HYPOTHESIS_PROFILE=default it looks for new ones.
"""

import gc
import os
import signal
import sys

import pytest
from hypothesis import settings

from .forks import Forks

settings.register_profile("repeatable", derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))
os.environ["OMP_NUM_THREADS"] = "1"
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def _torch_as_it_was():
    if "torch" in sys.modules:
        sys.modules["torch"].default_generator.manual_seed(1)  # manual_seed notes the stack for every kind of GPU
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_flush_denormal(False)
    if "nmt.kernels.kernels" in sys.modules:
        sys.modules["nmt.kernels.kernels"].use_kernels(True)


@pytest.fixture(scope="session")
def forks():
    """Starts processes that need not import torch."""
    forks = Forks()
    yield forks
    forks.close()


def pytest_collection_finish():
    """What collecting left in memory is not searched for garbage after every test."""
    gc.collect()
    gc.freeze()
