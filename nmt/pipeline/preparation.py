"""Everything before the first step: vocabularies, corpora, data report, model. Only prepared text is written here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch

from nmt.allocation import take_large_pages
from nmt.config.experiment import Experiment
from nmt.data.corpus import Corpus
from nmt.data.mapped import MappedCorpus
from nmt.data.pairs import overlap
from nmt.data.subword_sampling import subword_sampling
from nmt.device import Compute, resolve_compute
from nmt.errors import ConfigError, is_out_of_memory
from nmt.kernels.kernels import use_kernels
from nmt.models.seq2seq import Seq2Seq
from nmt.pipeline.prepared_text import PreparedText
from nmt.pipeline.sets import Pairs, check_links, compare_with_train, load_sets, read_sets
from nmt.pipeline.source_limit import refuse_long_sources
from nmt.text.tokenizers.pair import fit_tokenizers, load_tokenizers
from nmt.text.tokenizers.tokenizer import Tokenizer


@dataclass(frozen=True)
class Prepared:
    """A run ready to train. `valid_pairs` and `test_pairs` are raw text; both sides were counted to the end."""

    tokenizers: tuple[Tokenizer, Tokenizer]
    train: Corpus | MappedCorpus
    valid: Corpus
    valid_pairs: Pairs
    test_pairs: dict[str, Pairs]
    report: dict[str, dict[str, Any]]
    """The data report of each set (`nmt.data.report`)."""
    resample: Callable[[int], Corpus] | None
    """`train` in the pieces of an epoch; None if they are always the same."""


def prepare(experiment: Experiment, vocab_folder: Path | None, trial: bool = False) -> Prepared:
    """Reads and checks all text; learns the vocabularies, or loads them from `vocab_folder` of a run that is continued.
    With `trial` no prepared text stays on the disk.

    Errors: DataError with file and line for every fault of the text.
    """
    data = experiment.data
    texts = read_sets(data)
    known = None if vocab_folder is None else load_tokenizers(data.tokenizer, vocab_folder)
    mapped = data.prepared is not None
    text = _mapped(experiment, known, trial) if mapped else _in_memory(experiment, known, texts["train"])
    check_links(data, texts, text.tokenizers)
    others = {"valid": data.valid, **{f"test.{name}": files for name, files in data.test.items()}}
    refuse_long_sources(experiment, text.corpus, [(files.src, text.sets[name][0]) for name, files in others.items()])
    report = {**text.reports, **{name: found for name, (_, found) in text.sets.items()}}
    compare_with_train(data, texts, report, text.shared)
    tests = {name: texts[f"test.{name}"] for name in data.test}
    valid = text.sets["valid"][0]
    return Prepared(text.tokenizers, text.corpus, valid, texts["valid"], tests, report, text.resample)


class _Text(NamedTuple):
    """The training text, and the other sets in its pieces; `shared` counts which of some pairs are in it."""

    tokenizers: tuple[Tokenizer, Tokenizer]
    corpus: Corpus | MappedCorpus
    reports: dict[str, dict[str, Any]]
    sets: dict[str, tuple[Corpus, dict[str, Any]]]
    shared: Callable[[Pairs], int]
    resample: Callable[[int], Corpus] | None = None


def _in_memory(experiment: Experiment, known: tuple[Tokenizer, Tokenizer] | None, pairs: Pairs) -> _Text:
    data = experiment.data
    tokenizers = known or fit_tokenizers(data.tokenizer, data.vocab, Path(data.train.src), Path(data.train.tgt))
    sets = load_sets(data, tokenizers)
    corpus, report = sets.pop("train")
    resample = subword_sampling(corpus, pairs, tokenizers, data.max_length, experiment.seed)
    return _Text(tokenizers, corpus, {"train": report}, sets, partial(overlap, pairs), resample)


def _mapped(experiment: Experiment, known: tuple[Tokenizer, Tokenizer] | None, trial: bool) -> _Text:
    text = PreparedText(experiment)
    with text.aside() if trial else nullcontext():
        tokenizers = known or text.tokenizers()
        sets = load_sets(experiment.data, tokenizers)
        corpus = text.corpus(tokenizers)
    mixed = {f"mix.{number}": part.report for number, part in enumerate(corpus.parts[1:], start=1)}
    return _Text(tokenizers, corpus, {"train": corpus.parts[0].report, **mixed}, sets, corpus.shared)


def build_model(experiment: Experiment, tokenizers: tuple[Tokenizer, Tokenizer], device: torch.device) -> Seq2Seq:
    """The untrained model; its weights are a function of `seed`.

    Errors: ConfigError where widths contradict, or are too large for the memory.
    """
    torch.manual_seed(experiment.seed)
    try:
        return Seq2Seq(experiment.model, src_vocab=len(tokenizers[0]), tgt_vocab=len(tokenizers[1])).to(device)
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        raise ConfigError("model: too large for the memory; lower its widths, its layers or data.vocab.size") from error


def set_up(experiment: Experiment) -> Compute:
    """Sets the number of threads, the size of pages and whether compiled loops are used; where and how precisely to
    compute.

    Errors: UserError without such a device.
    """
    take_large_pages()
    if experiment.threads:
        torch.set_num_threads(experiment.threads)
    use_kernels(experiment.kernels == "auto")
    torch.set_flush_denormal(True)
    return resolve_compute(experiment.device, experiment.precision)
