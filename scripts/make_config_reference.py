"""Writes docs/config.md, every key of every section and component of a config, from what `nmt config schema` prints."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nmt.config.experiment import Experiment
from nmt.config.schema import json_schema

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "config.md"
TOP = "The file"
Schema = dict[str, Any]

START = """\
# Every key of a config

For people, what `nmt config schema` prints for editors: each section by the place where it stands, then each component
of each family, chosen by its `type`. `nmt config init` writes a file with the keys of the defaults, `nmt config show
--config my.yaml` prints all that are in use. Any key can be set on the command line: `--set model.decoder.type=luong`.
A key that is not here is refused. Paths are relative to the config file. Where the default is "as there", it is the
section's or component's own. Which symbol of which paper is what: [equations.md](equations.md).
This page is written by [scripts/make_config_reference.py](../scripts/make_config_reference.py).

"""
HEAD = "| key | value | default | meaning |\n|---|---|---|---|\n"
TYPES = {"integer": "whole number", "number": "number", "boolean": "`true`, `false`", "string": "text"}
NO_KEYS = "No keys but `type`.\n"
GAP = "   "
LIMITS = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}


class Reference:
    """The page of a JSON Schema as `nmt.config.schema.json_schema` makes it.

    A section is called by the keys at which it stands, a component `family.type`.
    """

    def __init__(self, schema: Schema) -> None:
        self.schema, self.definitions = schema, schema["$defs"]
        self.places: dict[str, list[str]] = {}
        """The keys at which each section, component and family stands; `NAME` is a name of the user's."""
        self._visit(schema, "")

    def page(self) -> str:
        """All sections, then all families, in the order in which they are first met from the top."""
        sections = [name for name in self.places if name in self.definitions and "." not in name]
        families = {
            family: [name for name in self.places if name.startswith(f"{family}.")]
            for family in dict.fromkeys(name.partition(".")[0] for name in self.places if "." in name)
        }
        contents = [f"- Sections: {', '.join([_link(TOP), *map(self._link, sections)])}\n"]
        contents += [f"- {_link(family)}: {', '.join(map(_link, names))}\n" for family, names in families.items()]
        parts = [self._part(f"## {TOP}", self.schema)]
        parts += [self._part(f"## {self._title(name)}", self.definitions[name]) for name in sections]
        for family, names in families.items():
            parts.append(f"## {family}\n\nAt {', '.join(f'`{place}`' for place in self.places[family])}.\n")
            parts += [self._part(f"### {name}", self.definitions[name]) for name in names]
        return f"{START}{''.join(contents)}\n" + "\n".join(parts)

    def _visit(self, found: Schema, path: str) -> None:
        for key, value in found["properties"].items():
            place = f"{path}{key}{'.NAME' if _is_mapping(value) else ''}"
            for name in _references(value):
                for called in {name: None, name.partition(".")[0]: None}:
                    known = self.places.setdefault(called, [])
                    known += [] if place in known else [place]
                self._visit(self.definitions[name], f"{place}.")

    def _part(self, heading: str, found: Schema) -> str:
        """A heading, what it is, and the table of its keys."""
        text = "".join(f"{_paragraph(paragraph)}\n\n" for paragraph in found["description"].split("\n\n"))
        rows = [
            f"| `{key}` | {self._value(value)} | {self._default(value)} | {_cell(value.get('description', ''))} |\n"
            for key, value in found["properties"].items()
            if key != "type"
        ]
        return f"{heading}\n\n{text}{HEAD + ''.join(rows) if rows else NO_KEYS}"

    def _value(self, value: Schema) -> str:
        """What a key may hold, in words."""
        if "anyOf" in value:
            return " or ".join(map(self._value, value["anyOf"]))
        if "enum" in value:
            return ", ".join(f"`{choice}`" for choice in value["enum"])
        if value.get("type") == "null":
            return "`null`"
        if value.get("type") == "array":
            return f"list of {self._value(value['items'])}"
        if _is_mapping(value):
            return f"names, each with {self._value(value['additionalProperties'])}"
        named = list(_references(value))
        if named:
            return f"a type of {_link(named[0].partition('.')[0])}" if "oneOf" in value else self._link(named[0])
        limits = [f"{word} {value[key]:g}" for key, word in LIMITS.items() if key in value]
        return ", ".join([TYPES[value["type"]], *limits])

    def _default(self, value: Schema) -> str:
        """What holds if the key is left out; of a section or component only what differs from its own defaults."""
        if "default" not in value:
            return "required"
        default, own = value["default"], self._own(value)
        default = self._differing(default, own) if own else default
        if own and default == {}:
            return "as there"
        if isinstance(default, dict) and list(default) == ["type"]:
            return f"`{default['type']}`"
        return f"`{default if isinstance(default, str) else json.dumps(default, ensure_ascii=False)}`"

    def _own(self, value: Schema) -> Schema | None:
        """The section, or the component named by `type`, that the default of a key is one of."""
        default = value["default"]
        if not isinstance(default, dict) or _is_mapping(value):
            return None
        found = [self.definitions[name] for name in _references(value)]
        if "type" in default:
            found = [one for one in found if one["properties"]["type"]["const"] == default["type"]]
        return found[0]

    def _differing(self, default: Schema, own: Schema) -> Schema:
        """`type`, and of `default` what `own` has not."""
        found: Schema = {"type": default["type"]} if "type" in default else {}
        for key, value in default.items():
            if key != "type" and value != own["properties"][key].get("default"):
                below = self._own({**own["properties"][key], "default": value})
                found[key] = self._differing(value, below) if below else value
        return found

    def _title(self, section: str) -> str:
        return " and ".join(self.places[section])

    def _link(self, section: str) -> str:
        return _link(self._title(section))


def _is_mapping(value: Schema) -> bool:
    return isinstance(value.get("additionalProperties"), dict)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"].rpartition("/")[2]
        for below in value.values():
            yield from _references(below)
    elif isinstance(value, list):
        for below in value:
            yield from _references(below)


def _link(name: str) -> str:
    """A link to a heading of this page, whose anchor is made as GitHub makes it."""
    anchor = re.sub(r"[^\w -]", "", name.lower()).replace(" ", "-")
    return f"[{name}](#{anchor})"


def _paragraph(text: str) -> str:
    """A paragraph of a docstring; a formula before a source, which a wide gap separates, as code."""
    formula, gap, source = text.partition(GAP)
    if gap and "= " in formula and "`" not in formula:
        return f"`{formula}` {_escaped(source.lstrip())}"
    return _escaped(re.sub(" {3,}", "; ", text))


def _escaped(text: str) -> str:
    """Text whose signs outside of code mean nothing to Markdown."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if i % 2 else re.sub(r"([*<~]|(?<!\w)_)", r"\\\1", part) for i, part in enumerate(parts))


def _cell(text: str) -> str:
    return _escaped(" ".join(text.split())).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(Reference(json_schema(Experiment)).page(), encoding="utf-8", newline="\n")
