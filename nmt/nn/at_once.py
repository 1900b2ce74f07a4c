"""Recurrences by a single call of PyTorch, which on a GPU is one of cuDNN.

B sentences, T steps, I input, H state. cuDNN gets float32, as PyTorch gives it no bfloat16.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from nmt.nn.masks import length_mask

SHUT = 8192.0
"""A gate with this much less is 0 to the last bit, with this much more it is 1."""

Weights = tuple[Tensor, Tensor, Tensor, Tensor]
"""weight_ih, weight_hh, bias_ih and bias_hh."""


def has_cudnn(x: Tensor) -> bool:
    """Whether cuDNN would compute a recurrence of x."""
    return x.is_cuda and torch.backends.cudnn.is_acceptable(x.new_empty(0, dtype=_precise(x)))


def run_gru(x_BTI: Tensor, h0_BH: Tensor, weights: Weights) -> Tensor:
    """h_BTH, for a reset gate "after"."""
    with _plain_types(x_BTI):
        x_BTI, h0_1BH = x_BTI.to(_precise(x_BTI)), h0_BH.to(_precise(x_BTI))[None].contiguous()
        return torch.gru(x_BTI, h0_1BH, weights, True, 1, 0.0, torch.is_grad_enabled(), False, True)[0]


def run_lstm(x_BTI: Tensor, state: tuple[Tensor, Tensor], weights: Weights, len_B: Tensor | None) -> tuple[Tensor, ...]:
    """h_BTH, and c_BH after the last step of each sentence. Gates are stacked in the order input, forget, cell, output.

    One more input, 1 after the sentence's end, shuts its input gate and opens its forget gate: the cell stays as it is.
    """
    weight_ih, *others = weights
    with _plain_types(x_BTI):
        x_BTI, (h0_BH, c0_BH) = x_BTI.to(_precise(x_BTI)), (part.to(_precise(x_BTI)) for part in state)
        if len_B is not None:
            ended_BT = ~length_mask(len_B, x_BTI.size(1))
            x_BTI = torch.cat([x_BTI, ended_BT[..., None].to(x_BTI.dtype)], -1)
            dim = h0_BH.size(1)
            column_G = torch.cat([weight_ih.new_full((dim,), push) for push in (-SHUT, SHUT, 0.0, 0.0)])
            weight_ih = torch.cat([weight_ih, column_G[:, None]], 1)
        initial = [h0_BH[None].contiguous(), c0_BH[None].contiguous()]
        given = [weight_ih, *others], True, 1, 0.0, torch.is_grad_enabled(), False, True
        h_BTH, _, c_1BH = torch.lstm(x_BTI, initial, *given)
        return h_BTH, c_1BH[0]


def _precise(x: Tensor) -> torch.dtype:
    return torch.promote_types(x.dtype, torch.float32)


@contextmanager
def _plain_types(x: Tensor) -> Iterator[None]:
    """Without autocast, which would make float16 of everything."""
    with torch.autocast(x.device.type, enabled=False), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "RNN module weights are not part of single contiguous chunk")
        yield
