"""File paths in a config: `$NAME` filled in, made absolute, and looked up on disk."""

from __future__ import annotations

import os
import re
from pathlib import Path

from nmt.config.component import Section
from nmt.config.draft import Draft, names_in
from nmt.config.kinds import Kind, file_paths
from nmt.config.messages import did_you_mean, one_line
from nmt.config.yaml12 import KeyPath

VARIABLE = re.compile(r"\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\}|)", re.ASCII)
"""`$$`, `$NAME`, `${NAME}`, or a `$` that is none of them."""


def resolve_paths(draft: Draft, model: type[Section], folder: Path, check_files: bool) -> None:
    """Make every file path of the draft absolute: relative to `folder`, those of `--set` to the current directory."""
    for container, key, path, kind in list(file_paths(Kind(section=model), draft.data)):
        expanded = _expanded(draft, path, container[key])
        if expanded is None:
            continue
        start = Path() if draft.place(path).is_override else folder
        container[key] = os.path.abspath(start / expanded)
        if check_files:
            _check(draft, path, Path(container[key]), kind)


def _expanded(draft: Draft, path: KeyPath, text: str) -> str | None:
    """`text` with variables filled in; None after a complaint."""
    if not text or "\0" in text:
        draft.complain(path, f"expected the path of a file (got {text!r})")
        return None
    problems: list[str] = []

    def value(match: re.Match[str]) -> str:
        dollar, *names = match.groups()
        name = next(filter(None, names), None)
        if name is None and not dollar:
            problems.append("'$' needs the name of an environment variable behind it; write '$$' for the character")
        elif name and not os.environ.get(name):
            problems.append(f"environment variable {name} is not set; set it to the folder with the data")
        return os.environ.get(name, "") if name else "$"

    expanded = VARIABLE.sub(value, text)
    for problem in dict.fromkeys(problems):
        draft.complain(path, problem)
    return None if problems else expanded


def _check(draft: Draft, path: KeyPath, file: Path, kind: Kind) -> None:
    if kind.is_folder and os.path.isfile(file):
        draft.complain(path, f"is a file, not a folder: {one_line(str(file))}")
    elif os.path.isdir(file) and not kind.is_folder:
        draft.complain(path, f"is a folder, not a file: {one_line(str(file))}")
    elif os.path.islink(file) and not os.path.exists(file):
        draft.complain(path, f"is a link that leads nowhere: {one_line(str(file))}")
    elif kind.must_exist and not os.path.exists(file):
        what = "folder" if kind.is_folder else "file"
        hint = did_you_mean(file.name, names_in(file.parent))
        draft.complain(path, f"no such {what}: {one_line(str(file))}{hint}")
