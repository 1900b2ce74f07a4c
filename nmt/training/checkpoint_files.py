"""The folder `RUN/checkpoints`: names, links and what may be deleted."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from nmt.training.durable import remove_folder, replace_link, sync_folder

REPLACED = ".replaced"


def folder_of(run: Path, step: int) -> Path:
    """Where the checkpoint of a step is or will be."""
    return run / "checkpoints" / f"step-{step:08d}"


def saved(run: Path) -> list[Path]:
    """All checkpoints, damaged ones too, newest first."""
    folder = run / "checkpoints"
    names = os.listdir(folder) if folder.is_dir() else []
    found = [(step_of(folder / name), not name.endswith(REPLACED), folder / name) for name in names if is_step(name)]
    return [path for _, _, path in sorted(found, reverse=True)]


def step_of(path: Path) -> int:
    """The step of a checkpoint's folder."""
    return int(path.name.removesuffix(REPLACED).removeprefix("step-"))


def by_score(run: Path, scores: list[tuple[int, float]]) -> list[Path]:
    """The checkpoints of validations (step and score) that are there, the best first, the earlier first if equal."""
    ranked = [folder_of(run, step) for step, _ in sorted(scores, key=lambda entry: -entry[1])]
    return [path for path in ranked if path.is_dir()]


def is_step(name: str) -> bool:
    """Whether a folder of this name is the checkpoint of a step."""
    return re.fullmatch(rf"step-\d+({re.escape(REPLACED)})?", name) is not None


def standing(path: Path) -> Path:
    """Where the checkpoint `path` is: under its name or, while `publish` replaces it, beside it."""
    beside = path.with_name(path.name + REPLACED)
    return beside if beside.is_dir() and not path.exists() else path


def remove_leftovers(run: Path) -> None:
    """Removes what a killed process left behind, here and in the folders of the run, and ends what it began."""
    for path in saved(run):
        plain = path.with_name(path.name.removesuffix(REPLACED))
        if standing(plain) != plain:
            os.rename(path, plain)
    for leftover in [*run.glob(".tmp-*"), *run.glob("*/.tmp-*")]:
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
    remove_folder(target.with_name(target.name + REPLACED))


def prune(run: Path, *, newest: int, best: int | None, keep: int) -> None:
    """Deletes all checkpoints but those of the steps `newest` and `best` and the `keep` newest up to `newest`.

    Those after `newest` are damaged ones that training has gone back behind.
    """
    paths = [path for path in saved(run) if not path.name.endswith(REPLACED)]
    kept = [path for path in paths if step_of(path) <= newest][:keep]
    kept += [path for path in paths if step_of(path) in (newest, best)]
    for path in saved(run):
        if path not in kept:
            remove_folder(path)


def link(run: Path, name: str, step: int) -> None:
    """Makes `checkpoints/NAME` a relative link to the checkpoint of `step`."""
    if (run / "checkpoints" / name).resolve() != folder_of(run, step).resolve():
        replace_link(run / "checkpoints" / name, folder_of(run, step).name)
