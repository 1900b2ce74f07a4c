"""On a GPU autocast computes more operations in float32 than on a processor: no model may meet two types where one is
asked for, and none may lose its way."""

from __future__ import annotations

import pytest
import torch
from torch.overrides import TorchFunctionMode

from nmt.data.batch import collate
from nmt.kernels.kernels import use_kernels
from nmt.nn import cell as cell_module
from nmt.search.beam import beam_search
from nmt.search.config import SearchConfig
from nmt.search.sampling import Sampling, sample

from .variants import DECODERS, ENCODERS, Variant, each_part

SRC, TGT = [[4, 5, 6, 9], [7], [8, 5]], [[4, 5], [6, 7, 8, 4], [5]]
TAKE_FLOAT32 = set(
    "acos asin cosh cosine_similarity cdist dist erfinv exp expm1 group_norm kl_div layer_norm log log10 log1p log2 "
    "logsumexp mse_loss nll_loss norm pow __pow__ reciprocal __rdiv__ renorm rsqrt sinh softplus tan".split()
)
GIVE_FLOAT32 = set("cumprod cumsum log_softmax prod softmax sum vector_norm".split())
"""PyTorch's list, "CUDA Ops that can autocast to float32" (torch.amp), split as in aten/src/ATen/autocast_mode.h."""


class GPUTypes(TorchFunctionMode):
    """Adds what autocast does on a GPU alone to what it does on a processor."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs, name = dict(kwargs or {}), getattr(func, "__name__", "")
        given = [arg for arg in args if isinstance(arg, torch.Tensor)]
        if torch.is_autocast_enabled("cpu") and any(arg.dtype == torch.bfloat16 for arg in given):
            if name in TAKE_FLOAT32:
                args = [arg.float() if isinstance(arg, torch.Tensor) else arg for arg in args]
            elif name in GIVE_FLOAT32 and kwargs.get("dtype") is None:
                kwargs["dtype"] = torch.float32
        return func(*args, **kwargs)


def test_the_types_are_those_of_a_gpu():
    x = torch.ones(2, 3, dtype=torch.bfloat16)
    with GPUTypes(), torch.autocast("cpu", torch.bfloat16):
        assert {x.exp().dtype, x.sum(-1).dtype, torch.softmax(x, -1).dtype, (x**2).dtype} == {torch.float32}
        assert {(x + x).dtype, (x.float() @ x.T).dtype, x.tanh().dtype} == {torch.bfloat16}
    assert x.sum().dtype == torch.bfloat16


@pytest.mark.parametrize("variant", each_part([*DECODERS, *ENCODERS]), ids=str)
def test_a_model_takes_the_types_of_a_gpu(variant: Variant, monkeypatch):
    monkeypatch.setattr(cell_module, "has_cudnn", lambda x: True)
    use_kernels(False)
    model, batch = variant.model().float(), collate(SRC, TGT, [0, 1, 2])
    exact = model.loss(batch, 0.1).total.item()
    with GPUTypes():
        with torch.autocast("cpu", torch.bfloat16):
            loss = model.loss(batch, 0.1)
        loss.total.backward()
        assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())
        assert loss.total.item() == pytest.approx(exact, rel=0.05)
        model.eval()
        with torch.autocast("cpu", torch.bfloat16):
            model.logprob(batch)
            source = batch.src_BS, batch.src_len_B
            beam_search(model, *source, SearchConfig(beam_size=2, coverage_penalty=0.1 * model.has_attention))
            sample(model, source, SearchConfig(n_best=2), Sampling(seed=1), [1, 2, 3])
