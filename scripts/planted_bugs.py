"""Plants a bug for each promise of docs/reliability.md and sees its test fail.

usage: python scripts/planted_bugs.py [P2 P7]      (minutes; not part of the test suite)

Each bug is one text of one file, replaced in a copy of the package; the tests then run on the copy, and the checkout
stays as it is. Bugs that only a kill shows are planted by tests/crash/test_crash.py itself, in every test run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]


class Bug(NamedTuple):
    """`old` stands once in `nmt/FILE`; with `new` in its place, `test` must fail."""

    promise: str
    what: str
    file: str
    old: str
    new: str
    test: str


BUGS = [
    Bug(
        "P1",
        "random numbers go on from where the process is, not from the step",
        "training/learner.py",
        "set_seed(mix(self.job.seed, *place, *([rank] if rank else [])))",
        "place",
        "tests/integration/test_resume.py",
    ),
    Bug(
        "P1",
        "a resumed epoch begins anew",
        "training/trainer.py",
        "        self.state = checkpoint.state\n",
        "        self.state = checkpoint.state\n        self.state.position = 0\n",
        "tests/integration/test_resume.py",
    ),
    Bug(
        "P2",
        "the files of a checkpoint are not flushed before it gets its name",
        "training/durable.py",
        "        os.fsync(file.fileno())\n",
        "",
        "tests/unit/test_training_crash_points.py",
    ),
    Bug(
        "P2",
        "the name of a checkpoint is not flushed before older ones are removed",
        "training/checkpoint_files.py",
        "    os.rename(temporary, target)\n    sync_folder(target.parent)\n",
        "    os.rename(temporary, target)\n",
        "tests/unit/test_training_crash_points.py",
    ),
    Bug(
        "P2",
        "hashes are not compared",
        "training/manifest.py",
        "if _sha256(data) != sha256:",
        "if False:",
        "tests/unit/test_training_checkpoint.py",
    ),
    Bug(
        "P3",
        "what could not be saved is forgotten, the best weights too",
        "training/saver.py",
        "self._owed = _snapshot(state, learner)",
        "self._owed = None",
        "tests/integration/test_resume.py",
    ),
    Bug(
        "P3",
        "a failed save leaves its half behind",
        "training/checkpoint.py",
        "        shutil.rmtree(partial, ignore_errors=True)\n",
        "",
        "tests/unit/test_training_checkpoint.py",
    ),
    Bug(
        "P4",
        "the longer of two files is cut to the shorter",
        "data/pairs.py",
        "zip_longest(*sides)",
        "zip(*sides, strict=False)",
        "tests/unit/test_data_pairs.py",
    ),
    Bug(
        "P4",
        "an empty line is left out on its own side only",
        "text/reader.py",
        "        spaced = without_controls(line)\n",
        "        if not line:\n            continue\n        spaced = without_controls(line)\n",
        "tests/unit/test_data_pairs.py",
    ),
    Bug(
        "P5",
        "a mistake in a config is an exception",
        "config/messages.py",
        "isinstance(word, str) and len(word) < 200",
        "True",
        "tests/unit/test_config_fuzz.py",
    ),
    Bug(
        "P6",
        "weights are read with pickle",
        "training/checkpoint.py",
        "return load_tensors(manifest.verified(name))",
        "return torch.load(path / name)",
        "tests/unit/test_safety.py",
    ),
    Bug(
        "P6",
        "plugins of a run folder are imported because it asks for them",
        "pipeline/run_folder.py",
        ", trusted=False)",
        ")",
        "tests/unit/test_pipeline_run_folder.py",
    ),
    Bug(
        "P7",
        "a loss that is not finite is used",
        "training/learner.py",
        'raise NonFiniteError(f"{what} is {value}")',
        "pass",
        "tests/unit/test_training_trainer.py",
    ),
    Bug(
        "P8",
        "words of equal frequency are numbered in the order of a set",
        "text/vocab.py",
        "frequent = sorted((-count, token) for token, count in counts.items() if count >= min_freq)",
        "frequent = sorted({(-n, token) for token, n in counts.items() if n >= min_freq}, key=lambda pair: pair[0])",
        "tests/integration/test_same_bytes.py",
    ),
    Bug(
        "P9",
        "a rank that hangs is waited for without end",
        "parallel/launcher.py",
        "        if left == 0.0:\n",
        "        if False:\n",
        "tests/integration/test_rank_faults.py",
    ),
    Bug(
        "P9",
        "each rank looks at its own loss alone",
        "training/learner.py",
        "        values[:2] = ranks.sum(values[:2])\n",
        "",
        "tests/integration/test_rank_faults.py",
    ),
    Bug(
        "P9",
        "a rank that was killed is not told of",
        "parallel/launcher.py",
        "if code < 0 and -code not in forwarded:",
        "if False:",
        "tests/integration/test_ranks.py",
    ),
    Bug(
        "P10",
        "an empty line is answered with nothing",
        "text/reader.py",
        "            yield raw\n",
        '            if raw != b"\\n":\n                yield raw\n',
        "tests/integration/test_cli_translate.py",
    ),
    Bug(
        "P10",
        "a torn last line of a killed translation counts as a whole one",
        "commands/resumed_output.py",
        "        self._file.write(line[len(there) :])\n",
        '        self._file.write(line[len(there) :] if not there else b"\\n")\n',
        "tests/integration/test_cli_resume_output.py",
    ),
    Bug(
        "P11",
        "checkpoints of the format before are not read",
        "training/manifest.py",
        "FORMAT = 1\n",
        "FORMAT = 0\n",
        "tests/integration/test_frozen_runs.py",
    ),
    Bug(
        "P12",
        "text goes into the page as it is",
        "report/escape.py",
        "return html.escape(visible(text), quote=True)",
        "return visible(text)",
        "tests/unit/test_report_pages.py",
    ),
]


def is_seen(bug: Bug) -> bool:
    """Whether the test fails on a copy of the package with the bug, having passed without it."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copytree(ROOT / "nmt", copy / "nmt", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("data", "configs"):
            (copy / name).symlink_to(ROOT / name)
        passed = _passes(copy, bug.test)
        file = copy / "nmt" / bug.file
        text = file.read_text(encoding="utf-8")
        assert text.count(bug.old) == 1, bug
        file.write_text(text.replace(bug.old, bug.new), encoding="utf-8")
        return passed and not _passes(copy, bug.test)


def _passes(package: Path, test: str) -> bool:
    """Python looks for modules where it is started, so the tests are started beside the copy."""
    options = ["-q", "-x", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT)]
    command = [sys.executable, "-m", "pytest", *options, str(ROOT / test)]
    environment = {**os.environ, "PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=package, env=environment, capture_output=True).returncode == 0


def main() -> int:
    chosen = [bug for bug in BUGS if not sys.argv[1:] or bug.promise in sys.argv[1:]]
    missed = 0
    for bug in chosen:
        seen = is_seen(bug)
        missed += not seen
        print(f"{bug.promise}  {'seen' if seen else 'MISSED'}  {bug.what}  ({bug.test})", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
