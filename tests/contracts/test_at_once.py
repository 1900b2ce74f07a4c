"""A model whose recurrences PyTorch computes at once, as on a GPU, is the same as one that computes them by hand."""

from __future__ import annotations

import pytest
import torch

from nmt.data.batch import collate
from nmt.data.fill_up import fill_up
from nmt.nn import cell as cell_module

from .variants import DECODERS, ENCODERS, Variant, each_part

SRC, TGT = [[4, 5, 6, 9], [7], [8, 5]], [[4, 5], [6, 7, 8, 4], [5]]


def results(model, batch):
    """Loss, gradients, and attention of the pairs."""
    model.zero_grad()
    loss = model.loss(batch, 0.1)
    loss.total.backward()
    forced = model.force(batch)
    return [loss.total, *(p.grad.clone() for p in model.parameters() if p.grad is not None), *forced]


@pytest.mark.parametrize("variant", each_part([*ENCODERS, *DECODERS]), ids=str)
def test_at_once_is_as_by_hand(monkeypatch, variant: Variant):
    model = variant.model()
    batch = fill_up(collate(SRC, TGT, [0, 1, 2]), model.longest_source)
    expected = results(model, batch)
    monkeypatch.setattr(cell_module, "has_cudnn", lambda x: True)
    for found, other in zip(results(model, batch), expected, strict=True):
        torch.testing.assert_close(found, other, rtol=1e-9, atol=1e-9)
