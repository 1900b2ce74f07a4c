"""Import of torch without what tracing needs, a quarter of its time; that comes when anything asks for it.

What finds less until then, and does not ask: tensors without data (`device="meta"`), for which it registers operations.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from threading import RLock
from types import ModuleType
from typing import Any, NoReturn

LATE = ("torch._meta_registrations", "torch.export")
"""What torch imports for what it registers, and for its name. They bring private parts of torch too."""

COMPILER = "torch._dynamo"
"""What torch.compile imports first, and needs all of them."""


class LateParts(MetaPathFinder):
    """Finds torch and its late parts; `complete` executes these."""

    def __init__(self) -> None:
        self._lock, self._begun = RLock(), False

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname == COMPILER:
            self.complete()
        if self._begun or fullname not in ("torch", *LATE):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            kind = TorchLoader if fullname == "torch" else LateLoader
            spec.loader = kind(spec.loader, self)
        return spec

    def complete(self) -> None:
        """Executes the late parts, once. Other threads wait for them; what they ask of each other has to be there."""
        with self._lock:
            if self._begun:
                return
            self._begun = True
            for module in map(sys.modules.get, LATE):
                loader = module and module.__spec__ and module.__spec__.loader
                if module is not None and isinstance(loader, LateLoader):
                    loader.loader.exec_module(module)
                    loader.restore(module)
                    module.__class__ = ModuleType


class StandIn(Loader):
    """Takes the place of a module's own loader."""

    def __init__(self, loader: Loader, parts: LateParts) -> None:
        self.loader, self.parts = loader, parts

    def restore(self, module: ModuleType) -> None:
        """Puts the module's own loader in its place again."""
        assert module.__spec__ is not None
        module.__spec__.loader = module.__loader__ = self.loader


class TorchLoader(StandIn):
    """Executes torch, which from then on is completed when it is asked for a private name that it does not have."""

    def exec_module(self, module: ModuleType) -> None:
        self.restore(module)
        self.loader.exec_module(module)
        before = vars(module).get("__getattr__", partial(no_attribute, module))

        def look_again(name: str) -> Any:
            if name.startswith("_") and not name.startswith("__"):
                self.parts.complete()
            return vars(module)[name] if name in vars(module) else before(name)

        vars(module)["__getattr__"] = look_again


class LateLoader(StandIn):
    """Makes modules that `LateParts.complete` executes."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return LateModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


class LateModule(ModuleType):
    """A late part before it is executed: its name, file and spec, for which `inspect` asks every module."""

    def __getattr__(self, name: str) -> Any:
        loader = self.__spec__ and self.__spec__.loader
        if isinstance(loader, LateLoader) and (not name.startswith("__") or name == "__all__"):
            loader.parts.complete()
        return vars(self)[name] if name in vars(self) else no_attribute(self, name)


def no_attribute(module: ModuleType, name: str) -> NoReturn:
    raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")


def import_torch_late() -> None:
    """From here on `import torch` leaves the late parts for later."""
    if "torch" not in sys.modules:
        sys.meta_path.insert(0, LateParts())
