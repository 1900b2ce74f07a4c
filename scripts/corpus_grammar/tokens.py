"""Tokens that know which concepts they express, and the alignment that follows from them."""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple


class Token(NamedTuple):
    """A word with the concepts it expresses; two tokens are linked where they share a concept."""

    text: str
    concepts: tuple[Hashable, ...] = ()


class Pair(NamedTuple):
    """A sentence pair: space-separated tokens, and its links in Pharaoh format, sorted."""

    english: str
    german: str
    alignment: str


COMMA = Token(",")


def align(english: list[Token], german: list[Token]) -> list[tuple[int, int]]:
    """The sorted links (English position, German position) of two token lists."""
    expressed: dict[Hashable, list[int]] = {}
    for position, token in enumerate(german):
        for concept in token.concepts:
            expressed.setdefault(concept, []).append(position)
    return sorted(
        {(i, j) for i, token in enumerate(english) for concept in token.concepts for j in expressed.get(concept, ())}
    )


def merge_commas(tokens: list[Token]) -> list[Token]:
    """The tokens without a comma at either end, and with one comma for several in a row."""
    merged: list[Token] = []
    for token in tokens:
        if token.text == "," and merged and merged[-1].text == ",":
            merged[-1] = Token(",", merged[-1].concepts + token.concepts)
        elif merged or token.text != ",":
            merged.append(token)
    return merged[:-1] if merged[-1].text == "," else merged


def finish(tokens: list[Token], mark: Token) -> list[Token]:
    """A written sentence: commas merged, first letter capital, the mark at the end."""
    first, *rest = merge_commas(tokens)
    return [first._replace(text=first.text[0].upper() + first.text[1:]), *rest, mark]
