"""Import of torch without what only tracing needs, a quarter of its time; that comes when it is first used."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

LATE = ("torch._meta_registrations", "torch.export")
"""What torch imports for what it registers about tensors without data, and for its name."""

COMPILER = "torch._dynamo"
"""What torch.compile imports first, and needs all of them."""


class LateParts(MetaPathFinder):
    """Finds the late parts of torch, and executes them before the compiler is imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname == COMPILER:
            sys.meta_path.remove(self)
            for part in filter(None, map(sys.modules.get, LATE)):
                execute(part)
        if fullname not in LATE:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = LateLoader(spec.loader)
        return spec


class LateLoader(Loader):
    """Makes modules that are executed when they are asked for what they do not have yet."""

    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return LateModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


class LateModule(ModuleType):
    """A module with its name, file and spec alone: `inspect` asks every module for them."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        execute(self)
        return getattr(self, name)


def execute(module: ModuleType) -> None:
    """Executes a late module, once."""
    loader = module.__spec__ and module.__spec__.loader
    if module.__class__ is not ModuleType and isinstance(loader, LateLoader):
        module.__class__ = ModuleType
        loader.loader.exec_module(module)


def import_torch_late() -> None:
    """From here on `import torch` leaves the late parts for later."""
    if "torch" not in sys.modules:
        sys.meta_path.insert(0, LateParts())
