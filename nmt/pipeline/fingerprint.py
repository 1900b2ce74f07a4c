"""Hashes by which a run knows its text, and weights know their vocabularies and how text is cut for them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from nmt.config.experiment import Experiment
from nmt.text.tokenizers.tokenizer import Tokenizer


def json_hash(value: Any, sort_keys: bool = False) -> str:
    """SHA-256 of a value that JSON can hold; with `sort_keys` whatever the order of the keys in it."""
    return hashlib.sha256(json.dumps(value, sort_keys=sort_keys).encode()).hexdigest()


def vocabulary_fingerprints(tokenizers: tuple[Tokenizer, Tokenizer]) -> dict[str, str]:
    """Name to hash of both vocabularies, by which weights know what they were trained with."""
    return {
        "source vocabulary": tokenizers[0].fingerprint(),
        "target vocabulary": tokenizers[1].fingerprint(),
    }


def cutting_fingerprint(experiment: Experiment) -> dict[str, str]:
    """Name to hash of how the config cuts text into pieces, by which weights know that too. Sampling is left out, which
    is for training alone, and so is what has its default, so that keys of later versions change nothing."""
    config = experiment.data.tokenizer
    settings = config.model_dump(mode="json", exclude={"sampling"}, exclude_defaults=True)
    return {"data.tokenizer": json_hash([config.component.name, settings], sort_keys=True)}
