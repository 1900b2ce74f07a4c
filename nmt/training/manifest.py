"""MANIFEST.json: what the files of a checkpoint were when they were written, so that any change of them is noticed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nmt.errors import CheckpointError

FORMAT = 1
MOST_FORMAT = 1_000_000
"""No format of ours has such a number."""
NAME = "MANIFEST.json"


class DamagedError(CheckpointError):
    """A checkpoint is incomplete or was changed; an older one may serve."""


def manifest_of(files: Mapping[str, bytes]) -> bytes:
    """The manifest: format, size and SHA-256 of each file, and the SHA-256 of all that."""
    entries = {name: {"size": len(data), "sha256": _sha256(data)} for name, data in files.items()}
    content = {"format": FORMAT, "files": entries}
    return json.dumps({**content, "sha256": _own(content)}, indent=1).encode()


class Manifest:
    """The manifest of a folder, which gives the folder's files if they are what it says.

    Errors: DamagedError if it is missing or was changed; CheckpointError if its format is newer than this version.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        damaged = DamagedError(f"{folder.name}: {NAME} is damaged")
        try:
            content = json.loads((folder / NAME).read_bytes())
            own = content.pop("sha256", None)
            found, self._files = int(content["format"]), dict(content["files"])
        except OSError as error:
            raise DamagedError(f"{folder.name}: {NAME} cannot be read ({error.strerror})") from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise damaged from None
        if own not in (None, _own(content)) or not 0 < found < MOST_FORMAT:
            raise damaged
        if found > FORMAT:
            raise CheckpointError(f"{folder.name}: format {found}, this version reads up to {FORMAT}; upgrade nmt")

    def sha256(self, name: str) -> str:
        """What the manifest says of a file. Errors: DamagedError if it does not."""
        try:
            return str(self._files[name]["sha256"])
        except (KeyError, TypeError):
            raise DamagedError(f"{self._folder.name}: {NAME} is damaged") from None

    def verified(self, name: str) -> bytes:
        """The content of a file. Errors: DamagedError if it is missing or was changed."""
        path, where = self._folder / name, self._folder.name
        try:
            size, sha256 = self._files[name]["size"], self._files[name]["sha256"]
            if path.stat().st_size != size:
                raise DamagedError(f"{where}: {name} is damaged (size differs)")
            data = path.read_bytes()
        except (KeyError, TypeError):
            raise DamagedError(f"{where}: {NAME} is damaged") from None
        except OSError as error:
            raise DamagedError(f"{where}: {name} cannot be read ({error.strerror})") from None
        if _sha256(data) != sha256:
            raise DamagedError(f"{where}: {name} is damaged (SHA-256 differs)")
        return data


def _own(content: Mapping[str, Any]) -> str:
    """The hash of the manifest's own content. Manifests of version 0.1.0 have none."""
    return _sha256(json.dumps(content, sort_keys=True).encode())


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
