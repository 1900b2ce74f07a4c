"""Inline tags, such as `<b>` and `</b>`, taken out of a source and put around what is linked to it in the target."""

from __future__ import annotations

import re
from typing import NamedTuple

from nmt.alignment.record import AlignmentRecord
from nmt.alignment.spans import Span, token_spans

TAG = re.compile(r"""<(/?)([A-Za-z][\w.:-]*)(?:\s(?:[^<>"']|"[^"]*"|'[^']*')*?)?(/?)>""")
"""Inside the quotes of an attribute `<` and `>` are text."""


class Tag(NamedTuple):
    """A pair of tags as they are written, with the characters between them; or a tag that stands alone (`<br/>`): its
    `close` is empty, and `begin` and `end` are one place."""

    open: str
    close: str
    begin: int
    end: int


def split_tags(text: str) -> tuple[str, list[Tag]]:
    """The text without its tags, and the tags in the order in which they begin; places are those of that text.

    A tag that nothing closes stands alone. Raises ValueError for one that closes nothing.
    """
    plain, place, after = "", 0, 0
    tags: list[Tag] = []
    names: list[tuple[str, int]] = []
    for match in TAG.finditer(text):
        plain += text[after : match.start()]
        place, after = len(plain), match.end()
        closes, name, alone = match.groups()
        if closes:
            number = next((i for i in reversed(range(len(names))) if names[i][0] == name), None)
            if number is None:
                raise ValueError(f"{match[0]} closes nothing")
            opened = names[number][1]
            tags[opened] = tags[opened]._replace(close=match[0], end=place)
            del names[number:]
        else:
            if not alone:
                names.append((name, len(tags)))
            tags.append(Tag(match[0], "", place, place))
    return plain + text[after:], tags


def move_tags(tags: list[Tag], record: AlignmentRecord) -> str:
    """The target with the tags of the source around the words that are linked to those between them, from the first of
    these to the last.

    A tag without such words goes before the target word of the next source word that has one, or to the end. Where two
    pairs of tags would cross, the first one is made longer.
    """
    spans = [token_spans(*side) for side in _sides(record)]
    moved = [tag._replace(begin=begin, end=end) for tag in tags for begin, end in [_target(tag, record, spans)]]
    while crossing := _crossing(moved):
        first, end = crossing
        moved[first] = moved[first]._replace(end=end)
    return _written(record.tgt, sorted(moved, key=lambda tag: (tag.begin, -tag.end)))


def _sides(record: AlignmentRecord) -> list[tuple[str, list[str]]]:
    return [(record.src, record.alignment.src_tokens), (record.tgt, record.alignment.tgt_tokens)]


def _target(tag: Tag, record: AlignmentRecord, spans: list[list[Span | None]]) -> Span:
    """Where the tag stands in the target."""
    linked = [(a, b) for src, tgt in record.links if (a := spans[0][src]) and (b := spans[1][tgt])]
    under = [there for here, there in linked if here[0] < tag.end and here[1] > tag.begin]
    if under:
        return min(begin for begin, _ in under), max(end for _, end in under)
    place = min(((here[0], there[0]) for here, there in linked if here[0] >= tag.begin), default=None)
    return (place[1], place[1]) if place else (len(record.tgt), len(record.tgt))


def _crossing(tags: list[Tag]) -> tuple[int, int] | None:
    """A tag that ends inside another one which begins inside it, and where that one ends."""
    for number, tag in enumerate(tags):
        for other in tags:
            if tag.begin < other.begin < tag.end < other.end:
                return number, other.end
    return None


def _written(text: str, tags: list[Tag]) -> str:
    parts, place, opened = [], 0, []

    def go_to(end: int) -> None:
        nonlocal place
        parts.append(text[place:end])
        place = end

    for tag in tags:
        while opened and opened[-1].end <= tag.begin:
            go_to(opened[-1].end)
            parts.append(opened.pop().close)
        go_to(tag.begin)
        parts.append(tag.open)
        opened.append(tag)
    for tag in reversed(opened):
        go_to(tag.end)
        parts.append(tag.close)
    return "".join([*parts, text[place:]])
