"""Masks, reversals by length, and places as rows. Masks are True at real tokens.

B sentences, S positions, T steps, F features, R places.
"""

from __future__ import annotations

import torch
from torch import Tensor


def length_mask(len_B: Tensor, positions: int) -> Tensor:
    """mask_BS, True at the first `len_B[b]` positions of each row."""
    return torch.arange(positions, device=len_B.device) < len_B[:, None]


def reversal_index(len_B: Tensor, positions: int) -> Tensor:
    """index_BS that reverses the first `len_B[b]` positions of each row and keeps the rest. It is its own inverse."""
    position_S = torch.arange(positions, device=len_B.device)
    return torch.where(position_S < len_B[:, None], len_B[:, None] - 1 - position_S, position_S)


def reorder(x_BSF: Tensor, index_BS: Tensor) -> Tensor:
    """x_BSF[b, index_BS[b, s]] for every b and s."""
    sentence_BS = torch.arange(len(x_BSF), device=x_BSF.device)[:, None].expand_as(index_BS)
    return take_places(x_BSF, (sentence_BS.flatten(), index_BS.flatten())).unflatten(0, index_BS.shape)


def take_places(x_BTF: Tensor, places: tuple[Tensor, Tensor]) -> Tensor:
    """x_BTF[b, t] for each of the R places, (R, F)."""
    sentence_R, step_R = places
    if x_BTF.stride(0) < x_BTF.stride(1):
        return take_places(x_BTF.transpose(0, 1), (step_R, sentence_R))
    return x_BTF.flatten(0, 1).index_select(0, sentence_R * x_BTF.size(1) + step_R)


def take_last(x_BTF: Tensor, len_B: Tensor | None) -> Tensor:
    """x_BTF at the last step of each sentence, (B, F); without lengths at the last one of all."""
    if len_B is None:
        return x_BTF[:, -1]
    return x_BTF[torch.arange(len(len_B), device=len_B.device), len_B - 1]


def mean_over(x_BSF: Tensor, mask_BS: Tensor) -> Tensor:
    """Mean of the real positions, (B, F)."""
    mask_BS1 = mask_BS[..., None].to(x_BSF.dtype)
    return (x_BSF * mask_BS1).sum(1) / mask_BS1.sum(1)
