"""What a CUDA graph asks of every model: nothing is read back from the device in training, and places that were filled
up do not count."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from nmt.data.batch import collate
from nmt.data.fill_up import fill_up
from nmt.kernels.kernels import use_kernels
from nmt.models.alignment_head import AlignmentHeadConfig
from nmt.models.config import ModelConfig
from nmt.models.guidance import GuidedAlignment
from nmt.models.seq2seq import Seq2Seq

from .variants import DECODERS, ENCODERS, Variant, each_part

SRC, TGT = [[4, 5, 6, 9], [7], [8, 5]], [[4, 5], [6, 7, 8, 4], [5]]
aten = torch.ops.aten
READ_BACK = {
    aten._local_scalar_dense.default,
    aten.equal.default,
    aten.lift_fresh.default,
    aten.masked_scatter.default,
    aten.masked_select.default,
    aten.multinomial.default,
    aten.nonzero.default,
    aten.repeat_interleave.Tensor,
    aten.unique_consecutive.default,
    aten.unique_dim.default,
    aten._unique2.default,
}
METHODS = "cpu", "numpy", "tolist"
BY_INDEX = {aten.index.Tensor, aten.index_put.default, aten.index_put_.default, aten._index_put_impl_.default}


class NoReadBack(TorchDispatchMode):
    """Fails where the host would wait for the device, or send it numbers of its own."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        by_mask = func in BY_INDEX and any(index is not None and index.dtype == torch.bool for index in args[1])
        assert func not in READ_BACK and not by_mask, f"{func} waits for the device"
        return func(*args, **(kwargs or {}))


@contextmanager
def nothing_waits():
    """Fails as `NoReadBack`, and where tensors are turned into Python's numbers, which is no operation. There are no
    compiled loops, as there are none on a GPU."""
    use_kernels(False)
    with pytest.MonkeyPatch.context() as patch, NoReadBack():
        for method in METHODS:
            patch.setattr(torch.Tensor, method, lambda *_: pytest.fail("waits for the device"))
        try:
            yield
        finally:
            use_kernels(True)


READS = [
    lambda x: x.sum().item(),
    lambda x: x[x > 0],
    lambda x: x + torch.tensor([1.0]),
    lambda x: x.tolist(),
    lambda x: x.multinomial(1),
    lambda x: x.repeat_interleave(torch.ones_like(x, dtype=torch.long)),
]


@pytest.mark.parametrize("read", READS)
def test_the_watch_sees_what_waits(read):
    x = torch.ones(3)
    with pytest.raises((AssertionError, pytest.fail.Exception), match="waits for the device"), nothing_waits():
        read(x)


def gradients(model, batch, guided=None):
    """The losses and the gradient of every weight."""
    model.zero_grad()
    loss = model.loss(batch, 0.1, guided=guided)
    loss.total.backward()
    return [loss.total.detach(), loss.nll, *(p.grad.clone() for p in model.parameters() if p.grad is not None)]


def can_be_recorded(model, batch, guided=None):
    expected = gradients(model, batch, guided)
    filled = fill_up(batch, model.longest_source)
    assert len(filled.real_targets[0]) > batch.tokens == filled.tokens
    found = gradients(model, filled, guided)
    assert len(found) == len(expected) > 2
    for mine, other in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, other, rtol=0, atol=1e-9)


@pytest.mark.parametrize("variant", each_part([*DECODERS, *ENCODERS]), ids=str)
def test_a_batch_that_was_filled_up_has_the_same_gradients(variant: Variant):
    can_be_recorded(variant.model(), collate(SRC, TGT, [0, 1, 2]))


@pytest.mark.parametrize("variant", each_part([*DECODERS, *ENCODERS]), ids=str)
def test_nothing_waits_for_the_device_in_training(variant: Variant):
    model = variant.model(dropout=0.1).float()
    batch = fill_up(collate(SRC, TGT, [0, 1, 2]), model.longest_source)
    with nothing_waits(), torch.autocast("cpu", torch.bfloat16):
        gradients(model, batch)


@pytest.mark.parametrize("loss", ["cross_entropy", "mean_squared_error", "multiplied"])
@pytest.mark.parametrize("head", [None, AlignmentHeadConfig(dim=4)], ids=["attention", "head"])
def test_guided_alignment_too(loss, head):
    torch.manual_seed(3)
    config = ModelConfig.model_validate({**DECODERS[0].config().model_dump(), "alignment_head": head})
    model = Seq2Seq(config, src_vocab=11, tgt_vocab=9)
    batch = collate(SRC, TGT, [0, 1, 2])
    guide_BTS = torch.zeros(*batch.tgt_out_BT.shape, batch.src_BS.size(1))
    guide_BTS[0, 0, 1] = guide_BTS[1, 2, 0] = 1
    guided, batch = GuidedAlignment(loss=loss), replace(batch, guide_BTS=guide_BTS)
    can_be_recorded(model, batch, guided)
    filled = fill_up(batch)
    with nothing_waits():
        gradients(model, filled, guided)
