"""What several tests of compiled loops are given."""

import pytest
import torch

from nmt.kernels import product
from nmt.kernels.kernels import find_kernel
from nmt.kernels.product import BFLOAT16, has_products

from .compiled import TYPES


@pytest.fixture(params=TYPES, ids=str)
def like(request, monkeypatch):
    """The types whose products are our own; float32 on Intel's processors too, where they are not used."""
    if find_kernel("product", torch.empty(0, dtype=request.param)) is None:
        pytest.skip("this processor has no AVX-512 with numbers of this type, or there is no g++")
    if request.param == torch.float32:
        granted = product._granted
        monkeypatch.setattr(product, "_granted", lambda dtype: dtype == torch.float32 or granted(dtype))
    elif not has_products(BFLOAT16):
        pytest.skip("tiles are not granted here")
    return request.param
