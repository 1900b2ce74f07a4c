"""A backward pass in pieces: the gradients that one of them has made can be sent while the next one is at work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor

from nmt.nn.tree import map_tensors

Place = list[tuple[Tensor, Tensor]]
"""The tensors that were cut: each as it was made, and the leaf of a new graph that took its place."""


class Piece(NamedTuple):
    """`run`: the backward pass from one place to the one before it; `parameters`: those whose gradients are not whole
    without this piece and those after it."""

    run: Callable[[], None]
    parameters: frozenset[Tensor]


_places: ContextVar[list[Place] | None] = ContextVar("places", default=None)


@contextmanager
def cutting() -> Iterator[list[Place]]:
    """Within this context `cut` cuts; the places that it cut, in the order of the forward pass."""
    places: list[Place] = []
    token = _places.set(places)
    try:
        yield places
    finally:
        _places.reset(token)


def cut(tree: Any) -> Any:
    """A tree of tensors as it is; within `cutting` one at which the backward pass stops, until `pieces` goes on."""
    places = _places.get()
    if places is None:
        return tree
    place: Place = []

    def leaf(part: Tensor) -> Tensor:
        if part.grad_fn is None:
            return part
        place.append((part, part.detach().requires_grad_()))
        return place[-1][1]

    cut_off = map_tensors(leaf, tree)
    if place:
        places.append(place)
    return cut_off


def pieces(places: list[Place]) -> list[Piece]:
    """What is left of the backward pass when it has stopped, to be run one after the other."""
    found: list[Piece] = []
    parameters = frozenset[Tensor]()
    cut_off = {leaf for place in places for _, leaf in place}
    for place in places:
        parameters |= _leaves([made for made, _ in place]) - cut_off
        found.append(Piece(partial(_go_on, place), parameters))
    return found[::-1]


def _go_on(place: Place) -> None:
    reached = [(made, leaf.grad) for made, leaf in place if leaf.grad is not None]
    torch.autograd.backward([made for made, _ in reached], [grad for _, grad in reached])


def _leaves(made: list[Tensor]) -> set[Tensor]:
    """The leaves that a graph begins with."""
    nodes: list[Any] = [tensor.grad_fn for tensor in made]
    seen, found = set(nodes), set[Tensor]()
    while nodes:
        node = nodes.pop()
        if hasattr(node, "variable"):
            found.add(node.variable)
        before = {other for other, _ in node.next_functions if other is not None} - seen
        seen |= before
        nodes += before
    return found
