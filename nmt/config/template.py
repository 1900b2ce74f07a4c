"""A commented YAML template with every key of a config: what `nmt config init` writes."""

from __future__ import annotations

import inspect
import textwrap
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from nmt.config.component import ComponentConfig, Section
from nmt.config.descriptions import descriptions
from nmt.config.dump import dump_yaml
from nmt.config.kinds import Kind, default_of, field_kind
from nmt.config.messages import show_choice

WIDTH = 110
INDENT = "  "
START = """\
# yaml-language-server: $schema=./nmt.schema.json
# The keys of types that are not chosen here: docs/config.md of the project, nmt.schema.json."""


def commented_template(model: type[Section]) -> str:
    """YAML with each key at its default below its description; keys whose default is null are commented out.

    Required keys take the first of the field's `examples` (of a section: a mapping with some of its keys), file paths
    without examples `data/SECTION.KEY`.
    Errors: TypeError for a required key of another kind without examples.
    """
    return "\n\n".join([START, *_blocks(model, None, ())]) + "\n"


def _blocks(section: type[Section], values: Section | None, path: tuple[str, ...]) -> list[str]:
    """One text for each key of `section`, with the given values or else the defaults; `type` comes first."""
    names = sorted(section.model_fields, key=lambda name: name != "type")
    return [_block(section, name, values, (*path, name)) for name in names]


def _block(section: type[Section], name: str, values: Section | None, path: tuple[str, ...]) -> str:
    """One key with its comments."""
    field = section.model_fields[name]
    kind = field_kind(field)
    width = WIDTH - len(INDENT) * (len(path) - 1)
    if name == "type" and issubclass(section, ComponentConfig):
        return f"{_choices(Kind(family=section.component), width)}type: {section.component.name}"
    value = getattr(values, name) if values is not None else default_of(section, name)
    below = type(value) if isinstance(value, Section) else kind.section if field.is_required() else None
    description = field.description or descriptions(section).get(name) or (_summary(below) if below else "")
    comments = _comment(description, width) + ("" if below else _choices(kind, width))
    if below:
        if value is None and field.examples:
            value = below.model_validate(field.examples[0])
        nested = "\n".join(_blocks(below, value if isinstance(value, Section) else None, path))
        return f"{comments}{name}:\n{textwrap.indent(nested, INDENT)}" if nested else f"{comments}{name}: {{}}"
    if field.is_required() and values is None:
        value = _example(field, kind, path)
    line = dump_yaml({name: to_jsonable_python(value)}).rstrip("\n")
    return f"{comments}# {line}" if value is None else f"{comments}{line}"


def _example(field: FieldInfo, kind: Kind, path: tuple[str, ...]) -> Any:
    if field.examples:
        return field.examples[0]
    if kind.is_path:
        return f"data/{'.'.join(path[-2:])}"
    if kind.choices:
        return kind.choices[0]
    raise TypeError(f"{'.'.join(path)}: a required key needs Field(examples=[...]) for the template")


def _choices(kind: Kind, width: int) -> str:
    """`# type: one of dot, general` for a component, `# One of a, b.` for a choice of values."""
    if kind.family:
        return _comment(f"type: one of {', '.join(kind.names)}", width)
    if kind.is_union or not kind.choices:
        return ""
    return _comment(f"One of {', '.join(map(show_choice, kind.choices))}.", width)


def _summary(section: type[Section]) -> str:
    """First paragraph of the class's own docstring."""
    return inspect.cleandoc(section.__doc__ or "").partition("\n\n")[0]


def _comment(text: str, width: int) -> str:
    """`text` as comment lines, paragraph by paragraph."""
    lines = [
        line
        for paragraph in text.split("\n\n")
        for line in textwrap.wrap(paragraph, width, initial_indent="# ", subsequent_indent="# ")
    ]
    return "".join(f"{line}\n" for line in lines)
