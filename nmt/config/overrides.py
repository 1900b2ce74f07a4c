"""`--set a.b=c`: changes of single keys of a config, with the value in YAML."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from nmt.config.component import Section
from nmt.config.draft import Draft, Place
from nmt.config.dump import plain_data
from nmt.config.kinds import Kind, default_of
from nmt.config.messages import one_line
from nmt.config.yaml12 import MAX_DEPTH, KeyPath, YamlError, parse


def apply_overrides(draft: Draft, model: type[Section], overrides: Sequence[str]) -> None:
    """Change `draft` by each `a.b=c`, later ones winning; malformed ones become problems of the draft.

    A part that the config does not mention starts from its default, so `model.decoder.dim=3` needs no type. Another
    `type` than before makes a new component: of the keys beside it only those given by `--set` stay.
    """
    for position, override in enumerate(overrides):
        name, equals, text = override.partition("=")
        keys = tuple(name.strip().split("."))
        place = Place(True, position, f"--set {one_line(name.strip() if equals else override)}", keys)
        if not equals or "" in keys:
            draft.problems.append((place, "expected key=value, such as train.clip_norm=1"))
            continue
        if not _is_text(override):
            draft.problems.append((place, "not UTF-8 text"))
            continue
        if len(keys) > MAX_DEPTH:
            draft.problems.append((place, "nested too deeply"))
            continue
        try:
            value, _ = parse(text)
        except YamlError as error:
            draft.problems.extend((place, one_line(f"{mistake.text} in {text!r}")) for mistake in error.mistakes)
            continue
        _set(draft, Kind(section=model), place, value)


def _is_text(argument: str) -> bool:
    """Whether the bytes of an argument were UTF-8; Python keeps others as lone surrogates."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        return False
    return True


def _set(draft: Draft, kind: Kind, place: Place, value: object) -> None:
    """Put `value` at the key that `place` names."""
    *above, last = place.key
    container = draft.data
    for depth, key in enumerate(above, start=1):
        if not isinstance(container.get(key), dict):
            container[key] = _start(kind, container, str(key))
            _move(draft, place.key[:depth], place)
        kind, container = kind.child(key, container), container[key]
    if last == "type" and kind.family and container.get("type", value) != value:
        _forget_file_keys(draft, container, tuple(above))
    container[last] = value
    _move(draft, place.key, place)


def _start(kind: Kind, container: dict, key: str) -> dict:
    """What an absent part holds before a key in it is set: its type, and what its default has of its own."""
    section = kind.section_of(container)
    default = default_of(section, key) if section else None
    if not isinstance(default, Section):
        return {}
    given = plain_data(default)
    try:
        usual = plain_data(type(default)())
    except ValidationError:
        return given
    return {key: value for key, value in given.items() if key == "type" or value != usual[key]}


def _move(draft: Draft, path: KeyPath, place: Place) -> None:
    """Everything at and below `path` now comes from `place`."""
    for known in [known for known in draft.places if known[: len(path)] == path]:
        del draft.places[known]
    draft.places[path] = place


def _forget_file_keys(draft: Draft, container: dict, path: KeyPath) -> None:
    for key in list(container):
        given = draft.places.get((*path, key))
        if given is None or not given.is_override:
            del container[key]
