"""Files and folders that survive a power cut: on the disk first, and only then visible under their name."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path


def write_synced(path: Path, data: bytes) -> None:
    """Writes `data` and returns when it is on the disk. The file's mode is 0666 less the umask."""
    with open(path, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Returns when the names in the folder are on the disk."""
    _sync(path)


def sync_files(folder: Path) -> None:
    """Returns when the files in the folder, written by whomever, and their names are on the disk."""
    for path in folder.iterdir():
        _sync(path)
    _sync(folder)


def make_folder(path: Path) -> None:
    """Makes a folder, with those above it that are missing, and returns when their names are on the disk."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        _sync(folder.parent)


def remove_folder(path: Path) -> None:
    """Removes a folder and all in it, if it is there; nobody sees it half-empty under its name.

    What the system refuses to remove stays.
    """
    hidden = temporary(path)
    if path.exists():
        with suppress(OSError):
            os.rename(path, hidden)
            shutil.rmtree(hidden)


def replace_file(path: Path, data: bytes) -> None:
    """Replaces the content of `path` at one instant; a reader sees the old or the new file, whole.

    Errors: OSError with the name of `path`, which then is as it was.
    """
    partial = temporary(path)
    try:
        write_synced(partial, data)
        os.replace(partial, path)
    except OSError as error:
        error.filename = str(path)
        raise
    finally:
        with suppress(OSError):
            partial.unlink()
    _sync(path.parent)


def replace_link(link: Path, target: str) -> None:
    """Makes `link` point to `target`, a path relative to its folder, at one instant."""
    partial = temporary(link)
    partial.unlink(missing_ok=True)
    try:
        os.symlink(target, partial)
        os.replace(partial, link)
    finally:
        with suppress(OSError):
            partial.unlink()
    _sync(link.parent)


def temporary(path: Path) -> Path:
    """The name under which this process makes or removes `path`; what a kill leaves there means nothing."""
    return path.with_name(f".tmp-{path.name}-{os.getpid()}")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
