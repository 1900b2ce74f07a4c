"""The docstring under a field describes it, where a template or a schema is written."""

from pydantic import Field

from nmt.config.component import Section
from nmt.config.descriptions import descriptions
from nmt.config.schema import json_schema
from nmt.config.template import commented_template


class Base(Section):
    """Settings."""

    width: int = 3
    """Columns of a row.

    Always at least one.
    """


class Derived(Base):
    """More settings."""

    height: int = 4
    """Rows."""
    depth: int = Field(default=5, description="Given to the field itself.")
    """What is given to the field counts."""
    bare: int = 6


def test_of_the_class_and_of_those_above_it():
    assert descriptions(Base) == {"width": "Columns of a row.\n\nAlways at least one."}
    assert descriptions(Derived)["width"] == descriptions(Base)["width"]
    assert descriptions(Derived)["height"] == "Rows."
    assert "bare" not in descriptions(Derived)


def test_in_a_schema_and_in_a_template():
    found = {name: field.get("description") for name, field in json_schema(Derived)["properties"].items()}
    assert found["height"] == "Rows." and found["depth"] == "Given to the field itself." and found["bare"] is None
    text = commented_template(Derived)
    assert "# Rows.\nheight: 4\n" in text and "# Given to the field itself.\ndepth: 5\n" in text


def test_a_class_without_a_source_has_none():
    made = type("Made", (Section,), {"__module__": "builtins", "__annotations__": {"x": int}, "x": 1})
    assert descriptions(made) == {}
