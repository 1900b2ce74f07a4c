"""Everything before the first step: vocabularies, corpora, data report, model. Nothing is written here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from nmt.config.experiment import Experiment
from nmt.data.corpus import Corpus, load_corpus
from nmt.data.pairs import overlap, read_pairs
from nmt.data.subword_sampling import subword_sampling
from nmt.device import Compute, resolve_compute
from nmt.models.seq2seq import Seq2Seq
from nmt.pipeline.evaluation import read_gold_links
from nmt.text.tokenizers.pair import fit_tokenizers, load_tokenizers
from nmt.text.tokenizers.tokenizer import Tokenizer

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Prepared:
    """A run ready to train. `valid_pairs` and `test_pairs` are raw text; both sides were counted to the end."""

    tokenizers: tuple[Tokenizer, Tokenizer]
    train: Corpus
    valid: Corpus
    valid_pairs: Pairs
    test_pairs: dict[str, Pairs]
    report: dict[str, Any]
    resample: Callable[[int], Corpus] | None
    """`train` in the pieces of an epoch; None if they are always the same."""


def prepare(experiment: Experiment, vocab_folder: Path | None) -> Prepared:
    """Reads and checks all text; learns the vocabularies, or loads them from `vocab_folder` of a run that is continued.

    Errors: DataError with file and line for every fault of the text.
    """
    data = experiment.data
    train_pairs = read_pairs(data.train.src, data.train.tgt)
    valid_pairs = read_pairs(data.valid.src, data.valid.tgt)
    test_pairs = {name: read_pairs(files.src, files.tgt) for name, files in data.test.items()}
    for name, files in data.test.items():
        if files.align:
            read_gold_links(Path(files.align), len(test_pairs[name]))
    if vocab_folder is None:
        tokenizers = fit_tokenizers(data.tokenizer, data.vocab, Path(data.train.src), Path(data.train.tgt))
    else:
        tokenizers = load_tokenizers(data.tokenizer, vocab_folder)
    train, train_report = load_corpus(data.train, tokenizers, data.max_length, data.on_empty)
    valid, valid_report = load_corpus(data.valid, tokenizers)
    report: dict[str, Any] = {"train": train_report, "valid": valid_report}
    for name, pairs in {"valid": valid_pairs, **test_pairs}.items():
        shared = overlap(train_pairs, pairs)
        report[name] = {**report.get(name, {"lines": len(pairs)}), "overlap_with_train": shared}
    resample = subword_sampling(train, train_pairs, tokenizers, data.max_length, experiment.seed)
    return Prepared(tokenizers, train, valid, valid_pairs, test_pairs, report, resample)


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
