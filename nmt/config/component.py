"""Component: a named class with a nested `Config`, kept in the registry of its family.

A family is declared once (`class Scorer(nn.Module, Component, family="scorer")`). A member is declared by its name
(`class Dot(Scorer, name="dot")`) and is at once a choice wherever a config holds
`Annotated[Scorer.Config, OneOf(Scorer)]`, in the JSON Schema and under the contract tests.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Annotated, Any, ClassVar, Literal, cast

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class PathMark:
    """Annotation: this text is the path of a file or folder; the loader expands it (`$NAME`) and makes it absolute."""

    def __init__(self, folder: bool = False, must_exist: bool = True) -> None:
        self.folder, self.must_exist = folder, must_exist


FilePath = Annotated[str, PathMark()]
"""A file's path. In YAML relative to the config file's folder; in a loaded config absolute."""

FolderPath = Annotated[str, PathMark(folder=True)]
"""A folder's path, as `FilePath`."""

NewFolderPath = Annotated[str, PathMark(folder=True, must_exist=False)]
"""The path of a folder that is made where it is missing."""


class Section(BaseModel):
    """Base of every part of a config: frozen, strict, no unknown keys; the docstring under a field describes it."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        validate_default=True,
        allow_inf_nan=False,
    )

    sections: ClassVar[list[type[Section]]] = []

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        Section.sections.append(cls)


class ComponentConfig(Section):
    """Config of one component; `type` names it, `build` makes it."""

    component: ClassVar[type[Component]]

    def build(self, **dims: Any) -> Any:
        """The component, with the sizes that follow from other parts (`query_dim`, `memory_dim`, ...)."""
        return self.component(self, **dims)  # type: ignore[call-arg]


class Component:
    """A named, configurable class. Subclasses take `(config, **dims)` in their constructor."""

    Config: ClassVar[type[ComponentConfig]] = ComponentConfig
    family: ClassVar[str]
    name: ClassVar[str]
    registry: ClassVar[dict[str, type[Component]]]

    def __init_subclass__(cls, *, family: str | None = None, name: str | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if family is not None:
            cls.family, cls.registry = family, {}
        if name is None:
            return
        if name in cls.registry and cls.registry[name].__module__ != cls.__module__:
            raise TypeError(f"two components of family {cls.family!r} are named {name!r}")
        cls.name = name
        cls.Config = _tagged(cls, name)
        cls.registry[name] = cls


def _tagged(cls: type[Component], name: str) -> type[ComponentConfig]:
    """`cls.Config` with the literal field `type: name`."""
    body = {
        "__module__": cls.__module__,
        "__qualname__": f"{cls.__qualname__}.Config",
        "model_config": ConfigDict(title=f"{cls.family}.{name}"),
        "__annotations__": {"type": Literal[name], "component": ClassVar[type]},  # type: ignore[valid-type]
        "__doc__": cls.__doc__,
        "type": name,
        "component": cls,
    }
    return cast(Any, type(cls.Config))("Config", (cls.Config,), body)


class OneOf:
    """Annotation: the config of any registered member of `family`, chosen by its `type`."""

    def __init__(self, family: type[Component]) -> None:
        self.family = family

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        choices = {name: handler.generate_schema(member.Config) for name, member in self.family.registry.items()}
        return core_schema.tagged_union_schema(cast(Any, choices), discriminator="type")


def import_members(package: str) -> None:
    """Import every module of `package`, so that its components register."""
    path = importlib.import_module(package).__path__
    for module in sorted(pkgutil.iter_modules(path), key=lambda m: m.name):
        importlib.import_module(f"{package}.{module.name}")


def load_plugins(modules: list[str]) -> None:
    """Import out-of-tree components and rebuild every config model, so that they are choices like our own.

    Errors: ImportError of the module as Python gives it.
    """
    for module in modules:
        importlib.import_module(module)
    for section in list(Section.sections):
        section.model_rebuild(force=True)
