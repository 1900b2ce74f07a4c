"""The run folder: what lies where, and whether a config may continue in it."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from typing import Any

import nmt
from nmt.config.dump import dump_config, plain_data
from nmt.config.experiment import Experiment
from nmt.config.loader import load_config
from nmt.config.messages import show
from nmt.errors import CheckpointError, UserError
from nmt.training.checkpoint import require_checkpoints
from nmt.training.checkpoint_files import saved
from nmt.training.durable import make_folder, remove_folder, replace_file, sync_files

SHOWN = 5
NOTHING = "nothing"
MACHINE = {"threads"}
"""Keys that say how a machine computes: a run goes on with another value, and says that its last bits may differ."""


class RunFolder:
    """Paths inside `runs/NAME/`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = path / "config.yaml"
        self.environment = path / "env.json"
        self.log = path / "log.txt"
        self.error_log = path / "error.log"
        self.metrics = path / "metrics.jsonl"
        self.data_report = path / "data_report.json"
        self.vocab = path / "vocab"
        self.evaluations = path / "eval"
        self.alignments = path / "alignments"
        self.tensorboard = path / "tensorboard"
        self.report = path / "report.html"
        self.done = path / "done.json"

    def experiment(self) -> Experiment:
        """The run's config. The folder may come from a stranger: of the modules under `plugins` only those that the
        user has named are imported (`load_config`).

        Errors: CheckpointError if this is no run folder, with the runs that could be meant; ConfigError if its config
        is damaged or asks for other code.
        """
        if not self.config.is_file():
            require_checkpoints(self.path)
            raise CheckpointError(f"{self.path}: no run folder (it has no config.yaml)")
        return load_config(Experiment, self.config, trusted=False)

    @property
    def started(self) -> bool:
        """Whether a run was begun here; `create` writes config.yaml last."""
        return self.config.is_file() and self.environment.is_file()

    def check_free(self) -> None:
        """Errors: UserError if this cannot be a run folder, or holds a config.yaml or checkpoints of other origin."""
        if self.config.exists() and not self.started:
            raise UserError(f"{self.path} holds a config.yaml but no run; choose another folder with --run")
        if saved(self.path) and not self.started:
            raise UserError(f"{self.path} holds checkpoints but no config.yaml; choose another folder with --run")
        there = next(path for path in (self.path, *self.path.absolute().parents) if os.path.lexists(path))
        if not there.is_dir():
            what = "a file, no folder" if there.exists() else "a link that leads nowhere"
            raise UserError(f"{there} is {what}; choose another with --run")
        self._check_kinds()
        if not os.access(there, os.W_OK | os.X_OK):
            raise UserError(f"{there}: cannot be written; choose another folder with --run")

    def _check_kinds(self) -> None:
        """Errors: UserError for a folder in the place of one of the run's files, or a file in that of a folder."""
        files = self.config, self.environment, self.log, self.error_log, self.metrics, self.data_report
        for file in (*files, self.report, self.done, self.path / ".lock"):
            if file.is_dir():
                raise UserError(
                    f"{file} is a folder, where the run has a file; remove it, or choose another with --run"
                )
        for folder in (self.vocab, self.evaluations, self.alignments, self.tensorboard, self.path / "checkpoints"):
            if folder.is_file():
                raise UserError(
                    f"{folder} is a file, where the run has a folder; remove it, or choose another with --run"
                )

    def finished(self, experiment: Experiment) -> bool:
        """Whether this very config was trained here to its end.

        Errors: UserError if it was another config; CheckpointError if the weights are no longer there.
        """
        if not self.started or not self.report.is_file():
            return False
        self.check_same(experiment)
        if not saved(self.path):
            raise CheckpointError(
                f"{self.path}: finished, but its checkpoints are gone (checkpoints/step-*/); "
                f"put them back, or train anew with --overwrite"
            )
        return True

    @property
    def ending(self) -> str:
        """How training ended here, ` at step 60 (BLEU 31.20)`; empty where done.json does not tell."""
        try:
            done = json.loads(self.done.read_bytes())
            return f" at step {done['step']} ({done['metric'].replace('bleu', 'BLEU')} {done['best']:.2f})"
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return ""

    def make(self) -> None:
        """Makes the folder. Errors: UserError if the system refuses."""
        try:
            make_folder(self.path)
        except OSError as error:
            raise UserError(f"{self.path}: cannot be made ({error.strerror}); choose another with --run") from None

    def check_same(self, experiment: Experiment) -> None:
        """Errors: UserError if the run was started with another config, naming the keys that differ."""
        before, now = leaves(plain_data(self.experiment())), leaves(plain_data(experiment))
        changed = [key for key in _changed(before, now) if key not in MACHINE]
        if changed:
            shown = "; ".join(f"{key}: {_value(before, key)} there, {_value(now, key)} here" for key in changed[:SHOWN])
            more = f" and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
            raise UserError(
                f"{self.path} was started with another config ({shown}{more}); "
                f"give --overwrite to start anew, or another folder with --run"
            )

    def create(self, experiment: Experiment, data_report: dict[str, Any]) -> None:
        """Writes what describes the run: config.yaml, env.json, data_report.json. The vocabularies are there before."""
        for folder in (self.vocab, self.evaluations, self.alignments):
            make_folder(folder)
        sync_files(self.vocab)
        _write(self.data_report, json.dumps(data_report, indent=1, ensure_ascii=False) + "\n")
        _write(self.environment, json.dumps(environment(), indent=1) + "\n")
        _write(self.config, dump_config(experiment))

    def clear(self) -> None:
        """Removes what an earlier run left; the folder itself and what is not ours in it stay.

        The order is such that a process that is killed in between leaves a run without checkpoints, or none.
        """
        for file in (self.report, self.done):
            file.unlink(missing_ok=True)
        remove_folder(self.path / "checkpoints")
        for folder in (self.evaluations, self.alignments, self.tensorboard):
            remove_folder(folder)
        for file in (self.config, self.environment, self.metrics, self.log, self.error_log, self.data_report):
            file.unlink(missing_ok=True)
        remove_folder(self.vocab)


def environment() -> dict[str, Any]:
    """Versions, processor and threads: what a run's last bits depend on."""
    import numpy
    import sacrebleu
    import sentencepiece
    import torch

    return {
        "nmt": nmt.__version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": numpy.__version__,
        "sentencepiece": sentencepiece.__version__,
        "sacrebleu": sacrebleu.__version__,
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
    }


def leaves(tree: Any, prefix: str = "") -> dict[str, Any]:
    """The values of nested dicts by their dotted keys."""
    if isinstance(tree, dict) and tree:
        return {key: leaf for name, sub in tree.items() for key, leaf in leaves(sub, f"{prefix}{name}.").items()}
    return {prefix.rstrip("."): tree}


def _changed(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Keys whose values differ; of a component of another type only its type."""
    changed = [key for key in sorted(before.keys() | now.keys()) if before.get(key, NOTHING) != now.get(key, NOTHING)]
    exchanged = [key.removesuffix("type") for key in changed if key.endswith(".type")]
    return [key for key in changed if not any(key.startswith(part) and key != f"{part}type" for part in exchanged)]


def _value(leaves: dict[str, Any], key: str) -> str:
    value = leaves.get(key, NOTHING)
    return value if isinstance(value, str) else show(value)


def _write(path: Path, text: str) -> None:
    replace_file(path, text.encode())
