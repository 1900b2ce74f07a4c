"""The shared library of `source/`: compiled once for this processor, kept in the user's cache, loaded from there."""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).parent / "source"
FLAGS = ("-std=c++17", "-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-Wno-psabi")
LINKED = ("-fopenmp", "-fPIC", "-shared")
SECONDS = 120
DIGEST = hashlib.sha256().digest_size


@cache
def load_library() -> ctypes.CDLL | None:
    """None where there is no g++, it fails, or nothing can be kept; then everything works, more slowly.

    It is compiled from the sources of this package alone. `-fopenmp` brings the same libgomp that PyTorch has loaded,
    so both share its threads.
    """
    compiler = shutil.which("g++")
    if compiler is None:
        return None
    try:
        path = _folder() / f"kernels-{_fingerprint(compiler)}.so"
        if not _is_whole(path):
            _compile(compiler, path)
        return ctypes.CDLL(str(path))
    except (OSError, subprocess.SubprocessError):
        return None


def _folder() -> Path:
    """$XDG_CACHE_HOME/nmt or ~/.cache/nmt. Errors: OSError if there is no home, or others or not even we can write."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "nmt"
    if not folder.is_absolute():
        raise FileNotFoundError(f"{folder} is no place to keep a library")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.stat()
    if status.st_uid != os.getuid() or status.st_mode & 0o022:
        raise PermissionError(f"{folder} can be written by others")
    return folder


def _fingerprint(compiler: str) -> str:
    """Of what the library is made of: sources, flags, compiler, and the processor as the compiler sees it."""
    command = [compiler, "-march=native", "-Q", "--help=target"]
    target = subprocess.run(command, capture_output=True, check=True, timeout=SECONDS).stdout
    sources = [path.read_bytes() for path in sorted(SOURCE.iterdir())]
    version = subprocess.run([compiler, "--version"], capture_output=True, check=True, timeout=SECONDS).stdout
    return hashlib.sha256(b"\0".join([target, version, repr(FLAGS + LINKED).encode(), *sources])).hexdigest()[:32]


def _is_whole(path: Path) -> bool:
    """A library ends with the SHA-256 of what is before; loading a damaged one might end the process."""
    content = path.read_bytes() if path.is_file() else b""
    return hashlib.sha256(content[:-DIGEST]).digest() == content[-DIGEST:]


def _compile(compiler: str, path: Path) -> None:
    """Several processes may do so at once: the file appears by a rename."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        made = Path(folder) / path.name
        command = [compiler, *FLAGS, *LINKED, str(SOURCE / "kernels.cpp"), "-o", str(made)]
        subprocess.run(command, capture_output=True, check=True, timeout=SECONDS)
        content = made.read_bytes()
        made.write_bytes(content + hashlib.sha256(content).digest())
        made.replace(path)
