"""A config on its way to being checked: plain data, where each key was given, and the mistakes found so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from nmt.config.messages import did_you_mean, dotted, one_line
from nmt.config.yaml12 import MAX_BYTES, KeyPath, YamlError, parse
from nmt.errors import ConfigError


class Place(NamedTuple):
    """Where a key was given; places sort by file line, then by position of the `--set` on the command line."""

    is_override: bool
    position: int
    text: str
    """`x.yaml:7`, or `--set a.b`."""
    key: KeyPath = ()
    """The key that an override names, and that a message about exactly this key need not repeat."""


@dataclass
class Draft:
    """Data of a config with the place of each key."""

    name: str
    data: dict = field(default_factory=dict)
    places: dict[KeyPath, Place] = field(default_factory=dict)
    problems: list[tuple[Place, str]] = field(default_factory=list)
    text: str = ""
    """What the file says."""

    def place(self, path: KeyPath) -> Place:
        """The place of `path`, or of the nearest key above that was given."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(False, 0, self.name))

    def complain(self, path: KeyPath, problem: str, key: KeyPath | None = None) -> None:
        """Note that the value at `path` is wrong; the message calls it `key`, by default `path`."""
        place, key = self.place(path), path if key is None else key
        self.problems.append((place, problem if key in ((), place.key) else f"{dotted(key)}: {problem}"))

    def error(self) -> ConfigError:
        """All problems, one line each, in the order of the file and then of the command line."""
        ordered = sorted(self.problems, key=lambda problem: problem[0][:2])
        return ConfigError(*(f"{place.text}: {text}" for place, text in ordered))


def read_draft(path: Path) -> Draft:
    """The draft of a YAML file. Errors: ConfigError when it cannot be read or is not a mapping in strict YAML."""
    name = one_line(str(path))
    try:
        text = _text(path, name)
        data, lines = parse(text)
    except YamlError as error:
        raise ConfigError(*(_located(name, mistake) for mistake in error.mistakes)) from None
    if data is None:
        raise ConfigError(f"{name}: file is empty")
    if not isinstance(data, dict):
        raise ConfigError(f"{name}:{lines[()]}: expected key: value pairs")
    return Draft(name, data, {key: Place(False, line, f"{name}:{line}") for key, line in lines.items()}, text=text)


def _text(path: Path, name: str) -> str:
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        near = did_you_mean(path.name, names_in(path.parent))
        raise ConfigError(f"{name}: no such file{near}") from None
    except IsADirectoryError:
        raise ConfigError(f"{name}: is a folder; give the YAML file in it") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"{name}: cannot be read ({reason})") from None
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{name}: larger than 1 MB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{name}:{line}: not UTF-8 text (byte 0x{content[error.start]:02x})") from None


def _located(name: str, mistake: tuple[int | None, int | None, str]) -> str:
    line, column, text = mistake
    spot = "".join(f":{number}" for number in (line, column) if number is not None)
    return f"{name}{spot}: {one_line(text)}"


def names_in(folder: Path) -> list[str]:
    """Names of the files and folders in `folder`, sorted; none when it cannot be listed."""
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return []
