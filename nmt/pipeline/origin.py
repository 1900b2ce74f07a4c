"""What the stored translations of a test set were made of; by that one sees when they are stale."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nmt.errors import CheckpointError, DataError
from nmt.pipeline.run_folder import RunFolder
from nmt.search.config import SearchConfig
from nmt.training.checkpoint import recorded_sha256
from nmt.training.durable import replace_file

SAME_TRANSLATIONS = {"n_best", "batch_sentences"}
"""Keys of the search section that change no stored translation."""


def origin_of(run: Path, search: SearchConfig, sources: Sequence[str]) -> dict[str, Any]:
    """`search` section; `weights`: SHA-256 of the file of the best ones, None where it is gone; `source`: SHA-256 of
    the lines."""
    lines = "".join(f"{line}\n" for line in sources).encode("utf-8", "surrogatepass")
    return {
        "search": search.model_dump(mode="json", exclude=SAME_TRANSLATIONS),
        "weights": recorded_sha256(run, "best"),
        "source": hashlib.sha256(lines).hexdigest(),
    }


def write_origin(run: Path, name: str, origin: dict[str, Any]) -> None:
    """Writes `eval/NAME.origin.json` into the run folder."""
    replace_file(_path(run, name), (json.dumps(origin, indent=1) + "\n").encode())


def require_fresh(run: Path, name: str, search: SearchConfig, sources: Sequence[str]) -> None:
    """Errors: DataError if the stored translations are not those that the run would make of these lines now;
    CheckpointError if the file about them is damaged. Run folders of 0.1.0 do not tell, and pass."""
    path = _path(run, name)
    if not path.is_file():
        return
    try:
        before = json.loads(path.read_bytes())
        searched, weights, source = dict(before["search"]), before["weights"], before["source"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise CheckpointError(f"{path} is damaged; make it again with: {_command(run, name)}") from None
    now = origin_of(run, search, sources)
    problems = ["of another source text"] if source != now["source"] else []
    if weights and now["weights"] and weights != now["weights"]:
        problems.append("by other weights")
    changed = [key for key in now["search"] if key in searched and searched[key] != now["search"][key]]
    if changed:
        problems.append(f"by another search ({', '.join(changed)})")
    if problems:
        raise DataError(
            f"{run}: the stored translations of {name} were made {' and '.join(problems)}; "
            f"translate them again with: {_command(run, name)}"
        )


def _path(run: Path, name: str) -> Path:
    return RunFolder(run).evaluations / f"{name}.origin.json"


def _command(run: Path, name: str) -> str:
    return f"nmt evaluate {run} --set-name {name}"
