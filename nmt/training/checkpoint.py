"""Checkpoints: complete and verified, or not there.

`checkpoints/step-00001200/` holds `model.safetensors` (the weights to translate with), `training.safetensors` (the
rest that training needs), `state.json` and `MANIFEST.json` with the sizes and SHA-256 of the others. It appears by one
rename, after everything in it is on the disk; older ones are deleted only after that, and disappear by one rename too.
`checkpoints/average` is such a folder without `training.safetensors`.
"""

from __future__ import annotations

import difflib
import errno
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from nmt.errors import CheckpointError, NmtError
from nmt.training.checkpoint_files import (
    by_score,
    folder_of,
    is_step,
    publish,
    remove_replaced,
    saved,
    standing,
    step_of,
)
from nmt.training.durable import make_folder, sync_folder, temporary, write_synced
from nmt.training.manifest import NAME, DamagedError, Manifest, manifest_of
from nmt.training.state import TrainingState
from nmt.training.weights import first_nan, weights_sha256

__all__ = [
    "Checkpoint",
    "SaveError",
    "Which",
    "best_valid",
    "latest_valid",
    "load_checkpoint",
    "recorded_sha256",
    "require_checkpoints",
    "save_average",
    "save_checkpoint",
    "show_size",
    "weights_sha256",
]

Which = Literal["best", "last", "average"] | int
PICKLE_STARTS = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


class SaveError(NmtError):
    """The system could not write a checkpoint. The ones before are as they were."""


@dataclass(frozen=True)
class Checkpoint:
    """What one folder holds, verified."""

    path: Path
    state: TrainingState
    weights: dict[str, Tensor]
    """The weights to translate with, on the CPU."""

    training: dict[str, Tensor]
    """Optimizer state and, with averaged weights, the raw ones. Empty unless loaded to continue training."""


def save_checkpoint(
    run: Path, state: TrainingState, weights: Mapping[str, Tensor], training: Mapping[str, Tensor]
) -> Path:
    """Writes `checkpoints/step-N`; when it returns, the checkpoint outlives a power cut.

    Errors: NmtError if a weight is NaN; SaveError if the disk is full or fails. Then nothing new is left behind.
    """
    broken = first_nan(weights)
    if broken is not None:
        raise NmtError(f"{broken} contains NaN at step {state.step}; not saved, {_last_good(run)}")
    files = {
        "model.safetensors": save_tensors(_detached(weights)),
        "training.safetensors": save_tensors(_detached(training)),
        "state.json": state.to_json(),
    }
    try:
        _write(folder_of(run, state.step), files)
    except OSError as error:
        raise SaveError(_why_not_saved(run, f"step {state.step}", error, sum(map(len, files.values())))) from error
    return folder_of(run, state.step)


def save_average(run: Path, state: TrainingState, weights: Mapping[str, Tensor]) -> Path:
    """Writes `checkpoints/average`, in place of an older one: weights to translate with, none to train on from.

    Errors: SaveError if the disk is full or fails. Then nothing new is left behind.
    """
    files = {"model.safetensors": save_tensors(_detached(weights)), "state.json": state.to_json()}
    target = run / "checkpoints" / "average"
    try:
        _write(target, files)
    except OSError as error:
        raise SaveError(_why_not_saved(run, "the average", error, sum(map(len, files.values())))) from error
    remove_replaced(target)
    return target


def _write(target: Path, files: dict[str, bytes]) -> None:
    """A folder of these files and their manifest, by one rename. Errors: OSError, after which nothing new is left."""
    partial = temporary(target)
    try:
        make_folder(target.parent)
        partial.mkdir(exist_ok=True)
        for name, data in {**files, NAME: manifest_of(files)}.items():
            write_synced(partial / name, data)
        sync_folder(partial)
        publish(partial, target)
    except OSError:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def load_checkpoint(run: Path, which: Which = "best") -> Checkpoint:
    """The weights of one checkpoint, to translate with. Before the first validation `best` is the last one; where a
    copy of the run has lost its links, they are found again.

    Errors: CheckpointError if there is none, it is damaged, of a newer format, or the path is no run folder.
    """
    require_checkpoints(run)
    path = _chosen(run, which)
    try:
        return read_checkpoint(path, with_training=False)
    except DamagedError as error:
        others = [other for other in saved(run) if other.name != path.name]
        raise DamagedError(f"{error}; {_instead(others)}") from None


def _chosen(run: Path, which: Which) -> Path:
    """Errors: CheckpointError if it is not there."""
    paths, link = saved(run), run / "checkpoints" / str(which)
    if isinstance(which, int):
        path = standing(folder_of(run, which))
        if path not in paths:
            raise CheckpointError(f"{run}: no checkpoint of step {which}; there are {_steps(paths)}")
        return path
    path = standing(link.parent / os.readlink(link) if link.is_symlink() else link)
    if path.exists():
        return path
    if which == "average":
        raise CheckpointError(f"{run}: no averaged checkpoint; make it with: nmt average {run}")
    if link.is_symlink():
        raise CheckpointError(f"{run}: {which} is {path.name}, which is gone; {_instead(paths)}")
    ranked = by_score(run, _state(paths[0], Manifest(paths[0])).scores) if which == "best" else []
    return [*ranked, paths[0]][0]


def recorded_sha256(run: Path, which: Which) -> str | None:
    """SHA-256 of the weights' file as the checkpoint's manifest has it; None where no manifest can be read."""
    try:
        require_checkpoints(run)
        return Manifest(_chosen(run, which)).sha256("model.safetensors")
    except CheckpointError:
        return None


def latest_valid(run: Path, warn: Callable[[str], None]) -> Checkpoint | None:
    """The newest checkpoint that is whole, with all that training needs; None if `run` has none at all.

    Calls `warn` with one line for each newer one that is damaged.

    Errors: CheckpointError if all are damaged or the newest is of a newer format.
    """
    paths = saved(run)
    return _first_whole(run, paths, warn, with_training=True) if paths else None


def best_valid(run: Path, state: TrainingState, warn: Callable[[str], None]) -> Checkpoint:
    """The whole checkpoint with the best score in `state`, the earliest if several are equal; without any validation
    the newest. Calls `warn` as `latest_valid` does.

    Errors: CheckpointError if none is whole.
    """
    return _first_whole(run, by_score(run, state.scores) or saved(run), warn, with_training=False)


def _first_whole(run: Path, paths: Iterable[Path], warn: Callable[[str], None], with_training: bool) -> Checkpoint:
    damaged: list[str] = []
    for path in paths:
        try:
            checkpoint = read_checkpoint(path, with_training)
        except DamagedError as error:
            damaged.append(str(error))
            continue
        for message in damaged:
            warn(f"{message}; using {path.name}")
        return checkpoint
    raise CheckpointError(f"no usable checkpoint in {run} ({len(damaged)} found, {len(damaged)} damaged)")


def read_checkpoint(path: Path, with_training: bool) -> Checkpoint:
    """The checkpoint in this folder, verified. Errors: CheckpointError."""
    manifest = Manifest(path)
    state = _state(path, manifest)
    weights = _tensors(path, "model.safetensors", manifest)
    training = _tensors(path, "training.safetensors", manifest) if with_training else {}
    broken = first_nan(weights)
    if broken is not None:
        raise DamagedError(f"{path.name}: {broken} contains NaN (saved at step {state.step})")
    return Checkpoint(path, state, weights, training)


def _state(path: Path, manifest: Manifest) -> TrainingState:
    try:
        state = TrainingState.from_json(manifest.verified("state.json"))
    except (ValueError, TypeError) as error:
        raise DamagedError(f"{path.name}: state.json is damaged ({error})") from None
    if is_step(path.name) and step_of(path) != state.step:
        raise DamagedError(f"{path.name}: its files are those of step {state.step}")
    return state


def _tensors(path: Path, name: str, manifest: Manifest) -> dict[str, Tensor]:
    try:
        return load_tensors(manifest.verified(name))
    except SafetensorError as error:
        raise DamagedError(f"{path.name}: {name} is damaged ({error})") from None


def require_checkpoints(run: Path) -> None:
    """Errors: CheckpointError if the path is no run folder or holds no checkpoint."""
    if run.is_file():
        with open(run, "rb") as file:
            if file.read(4).startswith(PICKLE_STARTS):
                raise CheckpointError(
                    f"{run} is a PyTorch pickle; this tool loads only safetensors (pickles can run code)"
                )
        raise CheckpointError(f"{run} is a file; give the run folder")
    if saved(run):
        return
    inside = sorted((path for path in run.glob("*") if saved(path)), key=lambda path: (len(path.name), path.name))
    if inside:
        raise CheckpointError(f"{run} is a folder of runs; give one of them: {', '.join(map(str, inside))}")
    parent = Path(os.path.realpath(run)).parent
    runs = [other.name for other in parent.iterdir() if saved(other)] if parent.is_dir() else []
    near = difflib.get_close_matches(run.name, runs)
    hint = f"; did you mean {', '.join(str(run.parent / name) for name in near)}?" if near else ""
    raise CheckpointError(f"{run}: no checkpoint here (looked for checkpoints/step-*/){hint}")


def _detached(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies on the CPU that share no memory, which the file format asks for."""
    return {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}


def _why_not_saved(run: Path, what: str, error: OSError, needed: int) -> str:
    reason = error.strerror or str(error)
    if error.errno == errno.ENOSPC:
        reason = f"disk full: {show_size(shutil.disk_usage(run).free)} free in {run}, {show_size(needed)} needed"
    return f"cannot save {what} ({reason}); {_last_good(run)}"


def _steps(paths: list[Path]) -> str:
    return ", ".join(str(step_of(path)) for path in reversed(paths))


def _instead(others: list[Path]) -> str:
    return f"give --checkpoint another step: {_steps(others)}" if others else "there is no other checkpoint"


def _last_good(run: Path) -> str:
    paths = saved(run)
    return f"last good checkpoint: {paths[0].name}" if paths else "there is no earlier checkpoint"


def show_size(count: int) -> str:
    """A number of bytes, short."""
    return f"{count} B" if count < 1e3 else f"{count / 1e3:.0f} kB" if count < 1e6 else f"{count / 1e6:.0f} MB"
