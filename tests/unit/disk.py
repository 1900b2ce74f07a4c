"""What a killed process and what a power cut leave of a folder, before each operation that changes it."""

import os
import stat
from pathlib import Path

OPERATIONS = ("fsync", "rename", "replace", "symlink", "mkdir", "unlink", "rmdir")


class Held:
    """A file that the system does not forget, so that no later one gets its number."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_PATH | os.O_NOFOLLOW)

    def __del__(self) -> None:
        os.close(self._descriptor)


class Disk:
    """Watches a folder that is on the disk as it is now.

    `states` gets, before each operation, the name of the operation and three trees (relative path to content; a folder
    is None, a link a str):

    - killed: what the process has done, the system does;
    - cut: only what was flushed is there, names as of the last flush of their folder, contents as of the file's;
    - names: all names are there, but of the contents only what was flushed, as file systems do that keep a journal of
      names alone.
    """

    def __init__(self, monkeypatch, root: Path) -> None:
        self.root, self.states = root, []
        self._contents: dict[int, bytes] = {}
        self._names: dict[int, dict[str, tuple]] = {}
        self._held: dict[int, Held] = {}
        self._busy = False
        for folder, _, files in os.walk(root):
            for name in (*files, "."):
                self._flush(Path(folder, name))
        for name in OPERATIONS:
            monkeypatch.setattr(os, name, self._watched(name, getattr(os, name)))

    def note(self, name: str) -> None:
        """Adds the state as it is now."""
        self.states.append((name, *(self._tree(self.root, kind) for kind in ("killed", "cut", "names"))))

    def _watched(self, name, real):
        def operation(*arguments, **options):
            if self._busy:
                return real(*arguments, **options)
            self._busy = True
            try:
                self.note(
                    f"{name} {arguments[-1] if name != 'fsync' else os.readlink(f'/proc/self/fd/{arguments[0]}')}"
                )
                if name == "fsync":
                    self._flush(Path(os.readlink(f"/proc/self/fd/{arguments[0]}")))
            finally:
                self._busy = False
            return real(*arguments, **options)

        return operation

    def _flush(self, path: Path) -> None:
        status = path.lstat()
        if stat.S_ISDIR(status.st_mode):
            self._names[status.st_ino] = {entry.name: self._entry(path / entry.name) for entry in os.scandir(path)}
        elif stat.S_ISREG(status.st_mode):
            self._contents[self._entry(path)[0]] = path.read_bytes()

    def _entry(self, path: Path) -> tuple:
        """Number, kind and, of a link, its target."""
        status = path.lstat()
        if status.st_ino not in self._held:
            self._held[status.st_ino] = Held(path)
        return status.st_ino, stat.S_IFMT(status.st_mode), os.readlink(path) if path.is_symlink() else None

    def _tree(self, folder: Path, kind: str) -> dict:
        found: dict[str, bytes | str | None] = {}
        self._walk((folder.lstat().st_ino, folder), "", kind, found)
        return found

    def _walk(self, place: tuple, prefix: str, kind: str, found: dict) -> None:
        number, path = place
        if kind == "cut":
            entries = {name: (entry, None) for name, entry in self._names.get(number, {}).items()}
        else:
            entries = {entry.name: (self._entry(Path(entry.path)), Path(entry.path)) for entry in os.scandir(path)}
        for name, ((child, mode, target), where) in entries.items():
            if stat.S_ISLNK(mode):
                found[prefix + name] = target
            elif stat.S_ISDIR(mode):
                found[prefix + name] = None
                self._walk((child, where), f"{prefix}{name}/", kind, found)
            else:
                found[prefix + name] = where.read_bytes() if kind == "killed" else self._contents.get(child, b"")


def restore(tree: dict, folder: Path) -> Path:
    """A folder with this content."""
    folder.mkdir()
    for name, content in sorted(tree.items()):
        path = folder / name
        if content is None:
            path.mkdir()
        elif isinstance(content, str):
            path.symlink_to(content)
        else:
            path.write_bytes(content)
    return folder
