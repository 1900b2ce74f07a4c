"""Strict YAML 1.2: plain data and the line of every key, or every mistake with its line.

Scalars follow the YAML 1.2 core schema without octal and hexadecimal numbers: `no` is text, `1e-3` is a number, `0123`,
`12:30` and `2024-01-01` stay text. Anchors, aliases, tags, duplicate keys, keys that are not text and several documents
in one file are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

import yaml

MAX_BYTES = 1_000_000
MAX_DEPTH = 50

KeyPath = tuple[str | int, ...]
"""Keys and list positions from the top of a config down to one place: `("model", "decoder", "dim")`."""

SCALARS = [
    ("null", r"null|Null|NULL|~|", ["n", "N", "~", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(?:0|[1-9][0-9]{0,17})", list("-+0123456789")),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)\.[0-9]*)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?(?:0|[1-9][0-9]*)[eE][-+]?[0-9]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
]
"""(name, whole scalar, its possible first characters). Whole numbers of more than 18 digits stay text."""


class Mistake(NamedTuple):
    """One mistake of a YAML text; lines and columns count from 1, None where they say nothing."""

    line: int | None
    column: int | None
    text: str


class YamlError(ValueError):
    """A YAML text is wrong; `mistakes` holds at least one."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("; ".join(mistake.text for mistake in mistakes))
        self.mistakes = mistakes


class Yaml12Loader(yaml.SafeLoader):
    """PyYAML's reader with the scalars above."""

    yaml_implicit_resolvers: dict = {}


for _name, _pattern, _first in SCALARS:
    Yaml12Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(rf"(?:{_pattern})\Z"), _first)


def parse(text: str) -> tuple[object, dict[KeyPath, int]]:
    """The plain data of a YAML text and the line of each of its keys and list entries (counted from 1).

    An empty text is None. Errors: YamlError.
    """
    try:
        _refuse_exotic(text)
        node = yaml.compose(text, Loader=Yaml12Loader)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlError([Mistake(line, None, f"character U+{error.character:04X} is not allowed")]) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = (error.problem or "not YAML").replace("'<stream end>'", "the end of the text")
        line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
        raise YamlError([Mistake(line, column, problem)]) from None
    except (ValueError, OverflowError) as error:
        if isinstance(error, YamlError):
            raise
        raise YamlError([Mistake(None, None, "an escape sequence names no character")]) from None
    if node is None:
        return None, {}
    builder = _Builder()
    data = builder.build(node, ())
    if builder.mistakes:
        raise YamlError(builder.mistakes)
    return data, builder.lines


def _refuse_exotic(text: str) -> None:
    """Refuse what composing would resolve or recurse into: aliases, tags, several documents, deep nesting."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=Yaml12Loader):
        problem = None
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        documents += isinstance(event, yaml.DocumentStartEvent)
        if isinstance(event, yaml.AliasEvent):
            problem = f"YAML aliases (*{event.anchor}) are not supported"
        elif isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.anchor is not None:
            problem = f"YAML anchors (&{event.anchor}) are not supported"
        elif isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
            problem = f"YAML tags ({event.tag}) are not supported"
        elif depth > MAX_DEPTH:
            problem = "nested too deeply"
        elif documents > 1:
            problem = "several documents ('---') in one file are not supported"
        if problem:
            raise YamlError([Mistake(event.start_mark.line + 1, None, problem)])


@dataclass
class _Builder:
    """Turns YAML nodes into plain data, noting lines and mistakes on the way."""

    lines: dict[KeyPath, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def build(self, node: yaml.Node, path: KeyPath) -> object:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, position)) for position, item in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, object]:
        data: dict[str, object] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = self._scalar(key_node) if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(key, str):
                shown = f" {key_node.value}" if isinstance(key_node, yaml.ScalarNode) and key_node.value else ""
                self.mistakes.append(Mistake(line, None, f"key{shown} is not text; put it in quotes"))
            elif key in data:
                first = self.lines[(*path, key)]
                self.mistakes.append(Mistake(line, None, f"duplicate key {key!r} (first at line {first})"))
            else:
                self.lines[(*path, key)] = line
                data[key] = self.build(value_node, (*path, key))
        return data

    def _scalar(self, node: yaml.Node) -> object:
        kind, value = node.tag.rpartition(":")[2], node.value
        if kind == "null":
            return None
        if kind == "bool":
            return value.lower() == "true"
        if kind == "int":
            return int(value)
        if kind == "float":
            return float(value.lower().replace(".inf", "inf").replace(".nan", "nan"))
        if any("\ud800" <= character <= "\udfff" for character in value):
            self.mistakes.append(Mistake(node.start_mark.line + 1, None, "half of a surrogate pair is not a character"))
        return value
