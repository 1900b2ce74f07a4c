"""metrics.jsonl: one JSON object a line, as training goes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from nmt.training.durable import replace_file
from nmt.training.state import TrainingState

Line = dict[str, int | float | str]


class MetricsLog:
    """Appends lines, each with one write. What a killed run wrote after `state` was saved is dropped on opening.

    If the disk fails it calls `warn` once and training goes on without the lines.
    """

    def __init__(self, path: Path, state: TrainingState, warn: Callable[[str], None]) -> None:
        self._path = path
        self._warn = warn
        self._failed = False
        if path.exists():
            _drop_after(path, state)
        self._file = open(path, "ab", buffering=0)

    def write(self, line: Line) -> None:
        """Appends one line."""
        try:
            self._file.write(json.dumps(line, allow_nan=False).encode() + b"\n")
        except OSError as error:
            if not self._failed:
                self._warn(f"cannot write {self._path} ({error.strerror or error}); training goes on")
            self._failed = True

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


def _drop_after(path: Path, state: TrainingState) -> None:
    """Keeps the training lines up to the state's step and the validation lines up to its last validation."""
    last = {"train": state.step, "valid": state.scores[-1][0] if state.scores else -1}
    old = path.read_bytes()
    kept = b"".join(raw + b"\n" for raw in old.split(b"\n")[:-1] if _is_up_to(last, raw))
    if kept != old:
        replace_file(path, kept)


def _is_up_to(last: dict[str, int], raw: bytes) -> bool:
    try:
        line = json.loads(raw)
        return line["step"] <= last[line["split"]]
    except (ValueError, KeyError, TypeError):
        return False
