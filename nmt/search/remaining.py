"""What goes on when sentences end. B sentences, L of them that go on."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from nmt.nn.tree import map_tensors


def take_over(memory: Any) -> Any:
    """The memory of a search that begins, with rows that lie one after the other: attention would copy others at every
    step."""
    return map_tensors(lambda part: part.contiguous(), memory)


def remaining(done_B: Tensor) -> Tensor:
    """rows_L: the sentences that are not done, in the order in which `move_up` puts them: the last ones take the places
    of those that are done, all others stay where they are."""
    live_L = (~done_B).nonzero()[:, 0]
    size = len(live_L)
    if size in (0, len(done_B)):
        return live_L
    free_L = done_B[:size]
    number_L = free_L.cumsum(0)  # the n-th free place takes the n-th of the last; a mask as index would wait for a GPU
    last_L = live_L[size - number_L[-1] + number_L - 1]
    return torch.where(free_L, last_L, torch.arange(size, device=done_B.device))


def select(known: Any, rows_L: Tensor) -> Any:
    """What is known of the sentences that `remaining` named, in its order: a named tuple whose `memory` is moved up."""
    rest = map_tensors(lambda part: part.index_select(0, rows_L), known._replace(memory=None))
    return rest._replace(memory=move_up(known.memory, rows_L))


def move_up(memory: Any, rows_L: Tensor) -> Any:
    """The rows that `remaining` named, in its order, of every tensor of a tree. The tree is overwritten: so little is
    copied, where a memory of many sentences would be copied whenever one of them ends."""
    places_M = (rows_L != torch.arange(len(rows_L), device=rows_L.device)).nonzero()[:, 0]
    moved_M = rows_L[places_M]
    return map_tensors(lambda part: part.index_copy_(0, places_M, part[moved_M])[: len(rows_L)], memory)
