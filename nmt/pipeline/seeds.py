"""Runs that differ in nothing but their seed: they lie as `seed-1`, `seed-2`, ... in one folder."""

from __future__ import annotations

import json
import re
from pathlib import Path

from nmt.errors import UserError
from nmt.evaluation.scores import METRICS
from nmt.evaluation.spread import Spread, spread
from nmt.pipeline.describe import read_scores
from nmt.pipeline.run_folder import RunFolder

TITLES: dict[str, str] = {**METRICS, "perplexity": "perplexity", "aer": "AER %"}
FACTORS = {"aer": 100}


def parse_seeds(text: str) -> list[int]:
    """The seeds of `1,2,3`. Errors: UserError if it is something else or names a seed twice."""
    parts = [part.strip() for part in text.split(",")]
    if not all(re.fullmatch("[0-9]{1,18}", part) for part in parts):
        raise UserError(f"--seeds {text}: expected numbers with commas between them, such as 1,2,3")
    seeds = [int(part) for part in parts]
    if len(set(seeds)) < len(seeds):
        raise UserError(f"--seeds {text}: a seed stands there twice")
    return seeds


def seed_run(folder: Path, seed: int) -> Path:
    """Where the run of a seed lies."""
    return folder / f"seed-{seed}"


def seed_runs(folder: Path) -> list[Path]:
    """The runs in a folder of seeds, by seed; empty if it is none."""
    found = [path for path in folder.glob("seed-*") if path.name[5:].isdecimal() and RunFolder(path).config.is_file()]
    return sorted(found, key=lambda path: int(path.name[5:]))


def score_spreads(runs: list[Path]) -> dict[str, dict[str, Spread]]:
    """Of finished runs: under `valid` what their best checkpoints were chosen by, then each score of each test set."""
    outcomes = [json.loads(RunFolder(run).done.read_bytes()) for run in runs]
    metric = str(outcomes[0]["metric"])
    found: dict[str, dict[str, Spread]] = {
        "valid": {TITLES.get(metric, metric): spread([outcome["best"] for outcome in outcomes])}
    }
    scores = [read_scores(run) for run in runs]
    for name in scores[0]:
        of_set = [one.get(name, {}) for one in scores]
        known = [key for key in TITLES if all(values.get(key) is not None for values in of_set)]
        found[name] = {TITLES[key]: spread([values[key] * FACTORS.get(key, 1) for values in of_set]) for key in known}
    return found
