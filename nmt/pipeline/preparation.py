"""Everything before the first step: vocabularies, corpora, data report, model. Nothing is written here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from nmt.config.experiment import Experiment
from nmt.data.corpus import Corpus
from nmt.data.subword_sampling import subword_sampling
from nmt.device import Compute, resolve_compute
from nmt.models.seq2seq import Seq2Seq
from nmt.pipeline.sets import Pairs, compare_with_train, load_sets, read_sets
from nmt.text.tokenizers.pair import fit_tokenizers, load_tokenizers
from nmt.text.tokenizers.tokenizer import Tokenizer


@dataclass(frozen=True)
class Prepared:
    """A run ready to train. `valid_pairs` and `test_pairs` are raw text; both sides were counted to the end."""

    tokenizers: tuple[Tokenizer, Tokenizer]
    train: Corpus
    valid: Corpus
    valid_pairs: Pairs
    test_pairs: dict[str, Pairs]
    report: dict[str, dict[str, Any]]
    """The data report of each set (`nmt.data.report`)."""
    resample: Callable[[int], Corpus] | None
    """`train` in the pieces of an epoch; None if they are always the same."""


def prepare(experiment: Experiment, vocab_folder: Path | None) -> Prepared:
    """Reads and checks all text; learns the vocabularies, or loads them from `vocab_folder` of a run that is continued.

    Errors: DataError with file and line for every fault of the text.
    """
    data = experiment.data
    texts = read_sets(data)
    if vocab_folder is None:
        tokenizers = fit_tokenizers(data.tokenizer, data.vocab, Path(data.train.src), Path(data.train.tgt))
    else:
        tokenizers = load_tokenizers(data.tokenizer, vocab_folder)
    loaded = load_sets(data, tokenizers)
    report = {name: found for name, (_, found) in loaded.items()}
    compare_with_train(data, texts, report)
    train, valid = loaded["train"][0], loaded["valid"][0]
    tests = {name: texts[f"test.{name}"] for name in data.test}
    resample = subword_sampling(train, texts["train"], tokenizers, data.max_length, experiment.seed)
    return Prepared(tokenizers, train, valid, texts["valid"], tests, report, resample)


def build_model(experiment: Experiment, tokenizers: tuple[Tokenizer, Tokenizer], device: torch.device) -> Seq2Seq:
    """The untrained model; its weights are a function of `seed`. Errors: ConfigError where widths contradict."""
    torch.manual_seed(experiment.seed)
    model = Seq2Seq(experiment.model, src_vocab=len(tokenizers[0]), tgt_vocab=len(tokenizers[1]))
    return model.to(device)


def vocabulary_fingerprints(tokenizers: tuple[Tokenizer, Tokenizer]) -> dict[str, str]:
    """Name to hash of both vocabularies, by which weights know what they were trained with."""
    return {
        "source vocabulary": tokenizers[0].fingerprint(),
        "target vocabulary": tokenizers[1].fingerprint(),
    }


def set_up(experiment: Experiment) -> Compute:
    """Sets the number of threads; where and how precisely to compute. Errors: UserError without such a device."""
    if experiment.threads:
        torch.set_num_threads(experiment.threads)
    torch.set_flush_denormal(True)
    return resolve_compute(experiment.device, experiment.precision)
