"""JSON Schema of a config for editors (yaml-language-server), valid as draft 7 and as draft 2020-12."""

from __future__ import annotations

from collections import Counter
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from nmt.config.component import Section
from nmt.config.descriptions import descriptions

DRAFT = "http://json-schema.org/draft-07/schema#"


class _Described(GenerateJsonSchema):
    """With the docstrings of the fields, without the titles that repeat their names."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """The properties with their descriptions."""
        found = super().model_schema(schema)
        for name, text in descriptions(schema["cls"]).items():
            found["properties"][name].setdefault("description", text)
        return found

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        """The alternatives only: `discriminator` is no word of JSON Schema."""
        return {"oneOf": super().tagged_union_schema(schema)["oneOf"]}


def json_schema(model: type[Section]) -> dict[str, Any]:
    """JSON Schema of `model`, its `$defs` named by class (`DataConfig`) or `family.name` (`scorer.concat`)."""
    schema = model.model_json_schema(schema_generator=_Described)
    definitions = schema.pop("$defs", {})
    titles = Counter(definition["title"] for definition in definitions.values())
    names = {
        key: definition["title"] if titles[definition["title"]] == 1 else key for key, definition in definitions.items()
    }
    named = {names[key]: _with_type_required(definition) for key, definition in definitions.items()}
    named = dict(sorted(named.items()))
    return {"$schema": DRAFT, **_renamed(schema, names), **({"$defs": _renamed(named, names)} if named else {})}


def _with_type_required(definition: dict[str, Any]) -> dict[str, Any]:
    """A component has to name its type, though it has a default in Python."""
    if "const" not in definition.get("properties", {}).get("type", {}):
        return definition
    return {**definition, "required": ["type", *definition.get("required", [])]}


def _renamed(node: Any, names: dict[str, str]) -> Any:
    """`node` with every `$ref` under its new name; words beside a `$ref`, which draft 7 ignores, made effective."""
    if isinstance(node, list):
        return [_renamed(item, names) for item in node]
    if not isinstance(node, dict):
        return node
    if not isinstance(node.get("$ref"), str):
        return {key: _renamed(value, names) for key, value in node.items()}
    reference = {"$ref": f"#/$defs/{names[node['$ref'].rpartition('/')[2]]}"}
    beside = {key: _renamed(value, names) for key, value in node.items() if key != "$ref"}
    return {"allOf": [reference], **beside} if beside else reference
