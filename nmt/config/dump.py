"""A config as YAML that the loader reads back to an equal config."""

from __future__ import annotations

from typing import Any

import yaml

from nmt.config.component import Section
from nmt.config.kinds import Kind, file_paths
from nmt.config.yaml12 import Yaml12Loader


class Yaml12Dumper(yaml.SafeDumper):
    """Quotes every text that YAML 1.1 or our YAML 1.2 would read as something else."""

    yaml_implicit_resolvers = {
        first: [
            *Yaml12Loader.yaml_implicit_resolvers.get(first, []),
            *yaml.SafeDumper.yaml_implicit_resolvers.get(first, []),
        ]
        for first in {*Yaml12Loader.yaml_implicit_resolvers, *yaml.SafeDumper.yaml_implicit_resolvers}
    }

    def ignore_aliases(self, data: Any) -> bool:
        """Write equal lists twice: the loader refuses aliases."""
        return True


def _represent_text(dumper: Yaml12Dumper, text: str) -> yaml.ScalarNode:
    """Double quotes around text with line breaks and other control characters, where all of them can be escaped."""
    style = None if text.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


Yaml12Dumper.add_representer(str, _represent_text)


def dump_config(config: Section) -> str:
    """YAML with every key of `config`; `load_config` of it gives an equal config, from any folder."""
    return dump_yaml(plain_data(config))


def plain_data(config: Section) -> dict[str, Any]:
    """`config` as plain data that the loader reads: `type` first, `$` in file paths doubled."""
    data = _type_first(config.model_dump(mode="json"))
    for container, key, _, _ in file_paths(Kind(section=type(config)), data):
        container[key] = container[key].replace("$", "$$")
    return data


def dump_yaml(data: object) -> str:
    """Plain data as YAML 1.2 in block style."""
    return yaml.dump(data, Dumper=Yaml12Dumper, sort_keys=False, allow_unicode=True, width=2**31)


def _type_first(data: Any) -> Any:
    if isinstance(data, list):
        return [_type_first(item) for item in data]
    if not isinstance(data, dict):
        return data
    return {key: _type_first(data[key]) for key in sorted(data, key=lambda key: key != "type")}
