"""The folder `RUN/checkpoints`: names, links and what may be deleted."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from nmt.training.durable import replace_link, sync_folder

REPLACED = ".replaced"


def folder_of(run: Path, step: int) -> Path:
    """Where the checkpoint of a step is or will be."""
    return run / "checkpoints" / f"step-{step:08d}"


def saved(run: Path) -> list[Path]:
    """All checkpoints, damaged ones too, newest first."""
    folder = run / "checkpoints"
    names = os.listdir(folder) if folder.is_dir() else []
    found = [(step_of(folder / name), not name.endswith(REPLACED), folder / name) for name in names if _is_step(name)]
    return [path for _, _, path in sorted(found, reverse=True)]


def step_of(path: Path) -> int:
    """The step of a checkpoint's folder."""
    return int(path.name.removesuffix(REPLACED).removeprefix("step-"))


def remove_leftovers(run: Path) -> None:
    """Removes what a killed save left behind."""
    for leftover in [*run.glob(".tmp-*"), *(run / "checkpoints").glob(".tmp-*")]:
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


def publish(temporary: Path, target: Path) -> None:
    """Gives a complete, synced folder its name by one rename.

    An older folder of that name stays a checkpoint, as `step-*.replaced`, until the new one is there.
    """
    if target.exists():
        remove_replaced(target)
        os.rename(target, target.with_name(target.name + REPLACED))
    os.rename(temporary, target)
    sync_folder(target.parent)


def remove_replaced(target: Path) -> None:
    """Deletes what `publish` left of the folder of that name before."""
    shutil.rmtree(target.with_name(target.name + REPLACED), ignore_errors=True)


def prune(run: Path, *, newest: int, best: int | None, keep: int) -> None:
    """Deletes all checkpoints but those of the steps `newest` and `best` and the `keep` newest up to `newest`.

    Those after `newest` are damaged ones that training has gone back behind.
    """
    paths = [path for path in saved(run) if not path.name.endswith(REPLACED)]
    kept = [path for path in paths if step_of(path) <= newest][:keep]
    kept += [path for path in paths if step_of(path) in (newest, best)]
    for path in saved(run):
        if path not in kept:
            shutil.rmtree(path, ignore_errors=True)


def link(run: Path, name: str, step: int) -> None:
    """Makes `checkpoints/NAME` a relative link to the checkpoint of `step`."""
    if (run / "checkpoints" / name).resolve() != folder_of(run, step).resolve():
        replace_link(run / "checkpoints" / name, folder_of(run, step).name)


def _is_step(name: str) -> bool:
    return re.fullmatch(rf"step-\d+({re.escape(REPLACED)})?", name) is not None
