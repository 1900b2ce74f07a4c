"""JSON Schema for editors: readable names, descriptions, fixed types."""

import json

from nmt.config.schema import json_schema

from .test_config_models import Toy

SCHEMA = json_schema(Toy)


def references(node):
    if isinstance(node, dict):
        if "$ref" in node:
            assert list(node) == ["$ref"], "draft 7 ignores what stands beside $ref"
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for item in node:
            yield from references(item)


def test_definitions_have_readable_names():
    assert list(SCHEMA["$defs"]) == [
        "Attention",
        "Batching",
        "Data",
        "Model",
        "Pair",
        "Train",
        "average.ema",
        "average.last_n",
        "decoder.bahdanau",
        "decoder.luong",
        "decoder.plain",
        "scorer.concat",
        "scorer.dot",
        "scorer.general",
    ]


def test_every_reference_has_its_definition():
    assert {name.removeprefix("#/$defs/") for name in references(SCHEMA)} == set(SCHEMA["$defs"])


def test_a_component():
    assert SCHEMA["$defs"]["scorer.concat"] == {
        "title": "scorer.concat",
        "description": "score = v tanh(W [h_t; h_s])\n\nLuong et al. 2015, eq. 8.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "type": {"type": "string", "const": "concat", "default": "concat"},
            "dim": {
                "type": "integer",
                "exclusiveMinimum": 0,
                "default": 512,
                "description": "Width A of the hidden layer.",
            },
        },
        "required": ["type"],
    }


def test_a_choice_of_components():
    assert SCHEMA["$defs"]["Attention"]["properties"]["scorer"] == {
        "oneOf": [{"$ref": f"#/$defs/scorer.{name}"} for name in ("dot", "general", "concat")],
        "default": {"type": "general"},
        "description": "How a query scores the memory.",
    }


def test_top_level():
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert SCHEMA["required"] == ["data"]
    assert SCHEMA["additionalProperties"] is False
    assert SCHEMA["properties"]["seed"]["description"] == "Seed of all randomness."
    json.dumps(SCHEMA, allow_nan=False)
