"""Batches filled up to few shapes, so that what was recorded for one of them serves many.

B sentences, S source positions, T target positions, R places of target tokens.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from nmt.data.batch import Batch
from nmt.text.vocab import BOS, EOS, PAD

SENTENCES = 8
POSITIONS = 4
"""B is made a multiple of the first, S and T of the second."""

PARTS = 8
"""R is made a multiple of this part of B * T."""


def fill_up(batch: Batch, longest_source: int | None = None) -> Batch:
    """The same pairs and tokens with PAD behind them, below them sentences of EOS alone with no token to predict, and
    behind the places of the tokens some of PAD. S does not grow above `longest_source`."""
    (sentences, steps), positions = batch.tgt_out_BT.shape, batch.src_BS.size(1)
    below = -sentences % SENTENCES
    beyond, behind = -positions % POSITIONS, -steps % POSITIONS
    if longest_source is not None:
        beyond = min(beyond, max(longest_source - positions, 0))
    src_BS, tgt_in_BT = _pad(batch.src_BS, beyond, below), _pad(batch.tgt_in_BT, behind, below)
    src_BS[sentences:, 0], tgt_in_BT[sentences:, 0] = EOS, BOS
    tgt_out_BT = _pad(batch.tgt_out_BT, behind, below)
    guide_BTS = batch.guide_BTS
    return replace(
        batch,
        src_BS=src_BS,
        src_len_B=F.pad(batch.src_len_B, (0, below), value=1),
        tgt_in_BT=tgt_in_BT,
        tgt_out_BT=tgt_out_BT,
        real_targets=_more_places(batch.real_targets, tgt_out_BT),
        guide_BTS=None if guide_BTS is None else F.pad(guide_BTS, (0, beyond, 0, behind, 0, below)),
    )


def _pad(ids: Tensor, beside: int, below: int) -> Tensor:
    return F.pad(ids, (0, beside, 0, below), value=PAD)


def _more_places(real: tuple[Tensor, Tensor], tgt_out_BT: Tensor) -> tuple[Tensor, Tensor]:
    """Behind the real places the first that are PAD, as many as R is to grow."""
    more = -len(real[0]) % (tgt_out_BT.numel() // PARTS)
    padding = (tgt_out_BT == PAD).nonzero(as_tuple=True)
    rows_R, steps_R = (torch.cat([places, others[:more]]) for places, others in zip(real, padding, strict=True))
    return rows_R, steps_R
