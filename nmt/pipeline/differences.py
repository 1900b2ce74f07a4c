"""In what runs differ beside the model, so that their numbers do not compare."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nmt.config.dump import plain_data
from nmt.config.messages import show
from nmt.pipeline.describe import read_scores
from nmt.pipeline.origin import SAME_TRANSLATIONS
from nmt.pipeline.run_folder import RunFolder, leaves
from nmt.search.config import SearchConfig

BUDGET = ("max_epochs", "max_steps", "max_minutes", "patience")
SPEED = ("device", "precision", "threads", "kernels")
MACHINE = ("machine", "cores", "threads", "torch")
"""Of env.json."""


def difference_notes(name: str, runs: Sequence[Path]) -> list[str]:
    """A sentence for each of: training text, validation set, budget, search on the test set `name`, machine."""
    configs = [plain_data(RunFolder(run).experiment()) for run in runs]
    trained_on = [{key: config["data"][key] for key in ("train", "mix")} for config in configs]
    notes = []
    if _differing(trained_on):
        notes.append("The runs were trained on different text (data.train, data.mix).")
    if _differing([config["data"]["valid"] for config in configs]):
        notes.append("The validation sets differ, so their perplexities do not compare.")
    if found := _differing([{key: config["train"][key] for key in BUDGET} for config in configs]):
        notes.append(f"The budgets of training differ: {found}.")
    if found := _differing([_search(config["search"], run, name) for config, run in zip(configs, runs, strict=True)]):
        notes.append(f"The translations were found by different searches: {found}.")
    if found := _differing([_place(config, run) for config, run in zip(configs, runs, strict=True)]):
        notes.append(f"The runs were trained in different places, so minutes and tokens/s do not compare: {found}.")
    return notes


def different_search(searches: Sequence[SearchConfig]) -> str:
    """The keys that lead to other translations and have more than one value, with the values; empty if none has."""
    return _differing([search.model_dump(mode="json", exclude=SAME_TRANSLATIONS) for search in searches])


def _search(section: dict[str, Any], run: Path, name: str) -> dict[str, Any]:
    """The search section, with the beam that the scores of the set tell."""
    kept = {key: value for key, value in section.items() if key not in SAME_TRANSLATIONS}
    scores = read_scores(run).get(name, {})
    return kept | {key: scores[key] for key in ("beam_size",) if key in scores}


def _place(config: dict[str, Any], run: Path) -> dict[str, Any]:
    """What speed depends on: from the config, and from env.json where that can be read."""
    place = {key: config[key] for key in SPEED}
    try:
        told = dict(json.loads(RunFolder(run).environment.read_bytes()))
    except (OSError, ValueError, TypeError):
        return place
    return place | {key: told[key] for key in MACHINE if key in told}


def _differing(settings: Sequence[dict[str, Any]]) -> str:
    """`beam_size 1, 5; length_penalty.alpha 0.6, 1.0`: the keys with more than one value, in the order of the runs."""
    flat = [leaves(one) for one in settings]
    parts = []
    for key in dict.fromkeys(key for one in flat for key in one):
        values = dict.fromkeys(_shown(one[key]) for one in flat if key in one)
        if len(values) > 1:
            parts.append(f"{key} {', '.join(values)}")
    return "; ".join(parts)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else show(value)
