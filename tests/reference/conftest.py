"""Double precision: the transcriptions must agree to 10 decimals."""

import pytest
import torch


@pytest.fixture(autouse=True)
def _double_precision():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)
