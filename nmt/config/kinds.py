"""What each place of a config may hold, read from the annotations of its Section: the map that the loader walks."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from nmt.config.component import Component, OneOf, PathMark, Section
from nmt.config.yaml12 import KeyPath


@dataclass(frozen=True)
class Kind:
    """What one place may hold. At most one of `section`, `family` and `item` is set; a scalar has none of them."""

    section: type[Section] | None = None
    family: type[Component] | None = None
    item: Kind | None = None
    """Kind of every entry of a list or mapping."""
    choices: tuple[Any, ...] = ()
    """The values of a Literal."""
    is_path: bool = False
    is_folder: bool = False
    """A path, of a folder."""
    must_exist: bool = True
    """A path, of what must be there before."""
    is_union: bool = False
    """Several kinds besides null; the other attributes are those of all of them together."""

    @property
    def names(self) -> list[str]:
        """The values that `type` may have, sorted."""
        return sorted(self.family.registry) if self.family else []

    def section_of(self, data: object) -> type[Section] | None:
        """The Section that `data` at this place has to follow; None for other kinds and for an unknown `type`."""
        if self.family and isinstance(data, dict) and isinstance(data.get("type"), str):
            member = self.family.registry.get(data["type"])
            return member.Config if member else None
        return self.section

    def child(self, key: str | int, data: object) -> Kind:
        """The kind of entry `key`, where `data` is at this place."""
        section = self.section_of(data)
        if section and key in section.model_fields:
            return field_kind(section.model_fields[str(key)])
        return self.item or Kind()


def field_kind(field: FieldInfo) -> Kind:
    """The kind of one field of a Section."""
    return kind_of(field.annotation, tuple(field.metadata))


def kind_of(annotation: Any, marks: tuple[Any, ...] = ()) -> Kind:
    """The kind of an annotation that carries `marks` (the metadata of `Annotated`)."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return kind_of(arguments[0], (*marks, *arguments[1:]))
    for mark in marks:
        if isinstance(mark, OneOf):
            return Kind(family=mark.family)
        if isinstance(mark, PathMark):
            return Kind(is_path=True, is_folder=mark.folder, must_exist=mark.must_exist)
    if origin in (Union, types.UnionType):
        return _union([kind_of(member) for member in arguments if member is not type(None)])
    if origin is Literal:
        return Kind(choices=arguments)
    if origin is dict:
        return Kind(item=kind_of(arguments[1]))
    if origin in (list, tuple):
        return Kind(item=kind_of(arguments[0]))
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return Kind(section=annotation)
    return Kind()


def _union(members: list[Kind]) -> Kind:
    if len(members) == 1:
        return members[0]
    return Kind(
        section=next((member.section for member in members if member.section), None),
        family=next((member.family for member in members if member.family), None),
        item=next((member.item for member in members if member.item), None),
        choices=tuple(choice for member in members for choice in member.choices),
        is_path=any(member.is_path for member in members),
        is_folder=any(member.is_folder for member in members),
        must_exist=all(member.must_exist for member in members),
        is_union=True,
    )


def data_path(kind: Kind, location: KeyPath, data: object) -> tuple[KeyPath, Kind]:
    """pydantic's location of an error without the names of union members, and the kind of that place.

    `("scorer", "concat", "dim")` is `("scorer", "dim")`: the tag of a component is no key of the file.
    """
    path: KeyPath = ()
    for element in location:
        if kind.is_union:
            kind = replace(kind, is_union=False)
        elif kind.family:
            kind = Kind(section=kind.section_of(data))
        elif element != "[key]":
            kind, data, path = kind.child(element, data), entry(data, element), (*path, element)
    return path, kind


def entry(data: object, key: str | int) -> object:
    """Entry `key` of a mapping or list; None where there is none."""
    if isinstance(data, dict):
        return data.get(key)
    if isinstance(data, list) and isinstance(key, int) and key < len(data):
        return data[key]
    return None


def default_of(section: type[Section], key: str) -> object:
    """Default of a field; None for a field that is unknown or has to be given."""
    field = section.model_fields.get(key)
    return None if field is None or field.is_required() else field.get_default(call_default_factory=True)


def known_keys(kind: Kind, data: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Path of every key that the sections and chosen components below this place know, outermost first."""
    section = kind.section_of(data)
    if section is None:
        return
    yield from ((*path, name) for name in section.model_fields)
    for name, field in section.model_fields.items():
        given, default = entry(data, name), default_of(section, name)
        if given is None and isinstance(default, Section):
            given = default.model_dump(mode="json")
        yield from known_keys(field_kind(field), given, (*path, name))


def file_paths(kind: Kind, data: object, path: KeyPath = ()) -> Iterator[tuple[Any, Any, KeyPath, Kind]]:
    """(container, key, path, kind) of every text in a place that holds the path of a file or a folder."""
    keys = data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
    for key in keys:
        below, value = kind.child(key, data), entry(data, key)
        if below.is_path and isinstance(value, str):
            yield data, key, (*path, key), below
        else:
            yield from file_paths(below, value, (*path, key))
