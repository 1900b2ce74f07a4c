"""Batch: sentence pairs as padded tensors.

B sentences, S source positions with EOS, T target positions with BOS or EOS, R places of target tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import torch
from torch import Tensor

from nmt.text.vocab import BOS, EOS, PAD


@dataclass(frozen=True)
class Batch:
    """Sentence pairs padded to the longest; all tensors but the guide are int64."""

    src_BS: Tensor
    """Source ids, then EOS, then PAD."""

    src_len_B: Tensor
    """Source length with EOS."""

    tgt_in_BT: Tensor
    """BOS, then the target ids, then PAD: what the decoder reads."""

    tgt_out_BT: Tensor
    """The target ids, then EOS, then PAD: what the decoder must predict."""

    real_targets: tuple[Tensor, Tensor]
    """`(rows_R, steps_R)`: where `tgt_out_BT` is not PAD, row by row; then maybe places that are (`fill_up`)."""

    tokens: int
    """The number of target tokens to predict, EOS included: the first of the R places."""

    ids: list[int]
    """Index of each pair in its corpus."""

    guide_BTS: Tensor | None = None
    """Where attention should be (float32), rows of zeros where it is free; None if it is not guided."""

    @property
    def counts_R(self) -> Tensor | None:
        """True at the places of tokens; None: all are."""
        return None if self.tokens == len(self.real_targets[0]) else self.tgt_out_BT[self.real_targets] != PAD

    def to(self, device: torch.device | str) -> Batch:
        """The same batch on `device`."""
        return self.map(lambda tensor: _move(tensor, device))

    def map(self, function: Callable[[Tensor], Tensor]) -> Batch:
        """The batch with `function` of each of its tensors."""
        rows_R, steps_R = self.real_targets
        return replace(
            self,
            src_BS=function(self.src_BS),
            src_len_B=function(self.src_len_B),
            tgt_in_BT=function(self.tgt_in_BT),
            tgt_out_BT=function(self.tgt_out_BT),
            real_targets=(function(rows_R), function(steps_R)),
            guide_BTS=None if self.guide_BTS is None else function(self.guide_BTS),
        )

    def tensors(self) -> list[Tensor]:
        """All of them."""
        guide = [] if self.guide_BTS is None else [self.guide_BTS]
        return [self.src_BS, self.src_len_B, self.tgt_in_BT, self.tgt_out_BT, *self.real_targets, *guide]


def doubled(batch: Batch) -> Batch:
    """Each pair twice, one after the other; real targets 2r and 2r + 1 are the two copies of real target r."""
    rows_R, steps_R = batch.real_targets
    return Batch(
        batch.src_BS.repeat_interleave(2, 0),
        batch.src_len_B.repeat_interleave(2, 0),
        batch.tgt_in_BT.repeat_interleave(2, 0),
        batch.tgt_out_BT.repeat_interleave(2, 0),
        (torch.stack([2 * rows_R, 2 * rows_R + 1], 1).flatten(), steps_R.repeat_interleave(2, 0)),
        2 * batch.tokens,
        [i for i in batch.ids for _ in range(2)],
        None if batch.guide_BTS is None else batch.guide_BTS.repeat_interleave(2, 0),
    )


def collate(src: Sequence[list[int]], tgt: Sequence[list[int]], ids: list[int]) -> Batch:
    """A batch of B >= 1 pairs given as ids without BOS and EOS; `ids` are their places in the corpus."""
    src_BS, src_len_B = collate_source(src)
    tgt_out_BT, real_BT = _pad(tgt)
    tgt_in_BT = torch.full_like(tgt_out_BT, PAD)
    tgt_in_BT[:, 0] = BOS
    tgt_in_BT[:, 1:] = tgt_out_BT[:, :-1].masked_fill(~real_BT[:, 1:], PAD)
    rows_R, steps_R = real_BT.nonzero(as_tuple=True)
    return Batch(src_BS, src_len_B, tgt_in_BT, tgt_out_BT, (rows_R, steps_R), len(rows_R), ids)


def collate_source(src: Sequence[list[int]]) -> tuple[Tensor, Tensor]:
    """`(src_BS, src_len_B)` of B >= 1 sentences given as ids without EOS; EOS is added and counted."""
    src_BS, real_BS = _pad(src)
    return src_BS, real_BS.sum(dim=1)


def _pad(sentences: Sequence[list[int]]) -> tuple[Tensor, Tensor]:
    """Ids with EOS, padded to `(B, length)`, and the mask that is True at real tokens."""
    lengths_B = torch.tensor([len(sentence) + 1 for sentence in sentences])
    real = torch.arange(int(lengths_B.max())) < lengths_B[:, None]
    padded = torch.full(real.shape, PAD, dtype=torch.int64)
    padded[real] = torch.tensor(list(chain.from_iterable((*sentence, EOS) for sentence in sentences)))
    return padded, real


def _move(tensor: Tensor, device: torch.device | str) -> Tensor:
    """To a GPU through pinned memory, so that the copy does not wait for the work before it."""
    if torch.device(device).type != "cuda" or tensor.is_cuda:
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)
