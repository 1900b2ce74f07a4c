"""The real config: template, dump and schema fit each other and every registered component."""

from __future__ import annotations

from pathlib import Path

import pytest

from nmt.config.component import Component, Section
from nmt.config.dump import dump_config
from nmt.config.experiment import Experiment
from nmt.config.kinds import Kind, field_kind, file_paths
from nmt.config.loader import load_config
from nmt.config.schema import json_schema
from nmt.config.template import commented_template
from nmt.errors import ConfigError


def families(section: type[Section]) -> set[type[Component]]:
    """Every family that a config can choose from, also inside components."""
    found: set[type[Component]] = set()
    for field in section.model_fields.values():
        kind = field_kind(field)
        kind = kind.item or kind
        below = [member.Config for member in kind.family.registry.values()] if kind.family else []
        found |= {kind.family} if kind.family else set()
        found |= {family for part in [kind.section, *below] if part for family in families(part)}
    return found


@pytest.fixture
def template(tmp_path) -> Path:
    path = tmp_path / "my.yaml"
    path.write_text(commented_template(Experiment), encoding="utf-8")
    return path


def test_the_template_loads_and_its_dump_loads_back_equal(template, tmp_path):
    config = load_config(Experiment, template)
    assert config.model == Experiment.model_fields["model"].default
    again = tmp_path / "elsewhere" / "config.yaml"
    again.parent.mkdir()
    again.write_text(dump_config(config), encoding="utf-8")
    assert load_config(Experiment, again) == config


def test_every_file_of_the_data_section_is_marked_as_a_path():
    files = {"src": "a", "tgt": "b", "align": "c"}
    data = {"data": {"train": files, "valid": files, "test": {"flickr": files}}}
    found = {".".join(map(str, path)) for _, _, path, _ in file_paths(Kind(section=Experiment), data)}
    assert found == {
        *("data.train.src", "data.train.tgt", "data.valid.src", "data.valid.tgt"),
        *("data.test.flickr.src", "data.test.flickr.tgt", "data.test.flickr.align"),
    }


def test_missing_files_of_the_template_are_found(template, tmp_path):
    with pytest.raises(ConfigError) as caught:
        load_config(Experiment, template, check_files=True)
    lines = str(caught.value).split("\n")
    assert len(lines) == 4
    assert all(f"no such file: {tmp_path}/data/" in line for line in lines)


def test_every_component_is_in_the_schema():
    definitions = json_schema(Experiment)["$defs"]
    assert not [name for name in definitions if "__" in name]
    for family in families(Experiment):
        assert {f"{family.family}.{name}" for name in family.registry} <= set(definitions)


def test_every_key_of_the_template_has_a_description():
    lines = commented_template(Experiment).split("\n")
    keys = [
        (above.strip(), line.strip())
        for above, line in zip(lines, lines[1:], strict=False)
        if ":" in line and not line.strip().startswith("#")
    ]
    assert [line for above, line in keys if not above.startswith("#")] == []
