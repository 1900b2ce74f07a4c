"""Config file and `--set` -> checked config; every mistake at once, as `file:line: key: problem`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

import nmt
from nmt.config.component import Section, load_plugins
from nmt.config.draft import Draft, read_draft
from nmt.config.kinds import Kind
from nmt.config.messages import explain, one_line
from nmt.config.overrides import apply_overrides
from nmt.config.paths import resolve_paths
from nmt.config.renamed import rename_keys
from nmt.config.requirement import unmet

Model = TypeVar("Model", bound=Section)

ALLOWED = "NMT_PLUGINS"
"""Environment variable: the modules, with commas between, that a config which the user did not write may import."""


def load_config(
    model: type[Model],
    path: Path | None,
    overrides: Sequence[str] = (),
    *,
    check_files: bool = False,
    trusted: bool = True,
    tell: Callable[[str], None] = lambda message: None,
) -> Model:
    """The config of a YAML file, changed by `overrides` (`a.b=c`, the value in YAML); without file from the defaults.

    File paths become absolute, with `$NAME` and `${NAME}` taken from the environment (`$$` is a dollar sign); with
    `check_files` they have to exist. Modules under `plugins` are imported first; of a file that is not `trusted`
    only those that are imported already or that the environment variable NMT_PLUGINS names.
    `tell` hears of each key that is called otherwise now.
    Of a config that `requires` a newer version nothing else is said: it may have keys that this one does not know.
    Errors: ConfigError with one line for each mistake, file lines first, then overrides.
    """
    draft, renamed = draft_config(model, path, overrides)
    if "requires" in model.model_fields:
        _check_version(draft)
    if "plugins" in model.model_fields:
        if not trusted:
            _refuse_plugins(draft)
        _import_plugins(draft)
    resolve_paths(draft, model, path.parent if path else Path(), check_files)
    try:
        config = model.model_validate_json(json.dumps(draft.data))
    except ValidationError as error:
        for place, problem in explain(error.errors(include_url=False), Kind(section=model), draft.data):
            draft.complain(place, problem)
        raise draft.error() from None
    if draft.problems:
        raise draft.error()
    for message in renamed:
        tell(message)
    return config


def draft_config(model: type[Section], path: Path | None, overrides: Sequence[str] = ()) -> tuple[Draft, list[str]]:
    """The config before it is checked, and a line for each key that has another name now. Errors: as `read_draft`."""
    draft = read_draft(path) if path else Draft("no config file")
    renamed = rename_keys(draft)
    apply_overrides(draft, model, overrides)
    return draft, renamed + rename_keys(draft)


def _check_version(draft: Draft) -> None:
    requirement = draft.data.get("requires")
    if unmet(requirement, nmt.__version__):
        draft.problems.clear()
        draft.complain(("requires",), f"needs {requirement}, this is {nmt.__version__}", key=())
        raise draft.error()


def _refuse_plugins(draft: Draft) -> None:
    """Errors: ConfigError for modules that nobody but this file has named; then nothing else is said of it."""
    modules = draft.data.get("plugins")
    wanted = [module for module in modules if isinstance(module, str)] if isinstance(modules, list) else []
    allowed = {*sys.modules, *(name.strip() for name in os.environ.get(ALLOWED, "").split(","))}
    if not allowed.issuperset(wanted):
        draft.problems.clear()
        names = one_line(",".join(dict.fromkeys(wanted)))
        problem = f"asks to run code of its own; if you trust it, set the environment variable {ALLOWED}={names}"
        draft.complain(("plugins",), problem)
        raise draft.error()


def _import_plugins(draft: Draft) -> None:
    modules = draft.data.get("plugins")
    for position, module in enumerate(modules if isinstance(modules, list) else []):
        if not isinstance(module, str):
            continue
        try:
            load_plugins([module])
        except ModuleNotFoundError as error:
            draft.complain(("plugins", position), f"no module named {error.name!r}", key=("plugins",))
        except Exception as error:  # a plugin is foreign code: whatever it raises, the config named it
            problem = one_line(f"cannot import {module!r}: {type(error).__name__}: {error}")
            draft.complain(("plugins", position), problem, key=("plugins",))
