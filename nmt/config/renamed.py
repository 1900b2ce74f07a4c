"""Keys that were called otherwise in an older version: configs and run folders that have them go on working."""

from __future__ import annotations

import yaml

from nmt.config.draft import Draft
from nmt.config.messages import dotted
from nmt.config.yaml12 import Yaml12Loader

RENAMED = {("train", "keep"): "keep_checkpoints"}
"""The place of an old key, and the new name in the same section."""


def rename_keys(draft: Draft) -> list[str]:
    """Gives old keys their new names, and says so, a line for each; both names at once are a problem of the draft."""
    warnings = []
    for old, name in RENAMED.items():
        section, new = _section(draft.data, old), (*old[:-1], name)
        if section is None or old[-1] not in section:
            continue
        place, value = draft.place(old), section.pop(old[-1])
        if name in section and place.is_override == draft.place(new).is_override:
            draft.complain(old, f"is called {dotted(new)} now, which is given too", key=old)
            continue
        section[name], draft.places[new] = value, place
        warnings.append(f"{place.text}: {dotted(old)} is called {dotted(new)} now")
    return warnings


def upgraded(text: str) -> str:
    """The text of a config that was read without mistakes, with the new names in it; all else stays as it is."""
    root = yaml.compose(text, Loader=Yaml12Loader)
    found = [(node, name) for old, name in RENAMED.items() if (node := _key_node(root, old))]
    for node, name in sorted(found, key=lambda pair: -pair[0].start_mark.index):
        text = text[: node.start_mark.index] + name + text[node.end_mark.index :]
    return text


def _section(data: dict, path: tuple[str, ...]) -> dict | None:
    """The mapping that a key at `path` would be in."""
    for key in path[:-1]:
        data = data.get(key)  # type: ignore[assignment]
        if not isinstance(data, dict):
            return None
    return data


def _key_node(node: yaml.Node, path: tuple[str, ...]) -> yaml.Node | None:
    """Where the key at `path` is written."""
    for key_node, value_node in node.value if isinstance(node, yaml.MappingNode) else ():
        if key_node.value == path[0]:
            return key_node if len(path) == 1 else _key_node(value_node, path[1:])
    return None
