"""The sets of parallel files that a config names, `train`, `valid` and each `test.NAME`: read, checked, compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from nmt.data.config import DataConfig, ParallelFiles, TestFiles
from nmt.data.corpus import Corpus, load_corpus
from nmt.data.languages import profiles, wrong_languages
from nmt.data.pairs import read_pairs
from nmt.errors import DataError
from nmt.pipeline.evaluation import check_gold, gold_of
from nmt.text.reader import read_lines
from nmt.text.tokenizers.tokenizer import Tokenizer

Pairs = list[tuple[str, str]]
Result = TypeVar("Result")


def read_sets(data: DataConfig) -> dict[str, Pairs]:
    """The raw pairs of every set, blank ones too; `train` only if memory is to hold it (no `data.prepared`).

    Errors: DataError with a line for each set whose files cannot be read, do not fit each other or their gold links.
    """
    return _all({name: partial(_read, files) for name, files in _files(data).items()})


def check_links(data: DataConfig, texts: Mapping[str, Pairs], tokenizers: tuple[Tokenizer, Tokenizer]) -> None:
    """Errors: DataError with a line for each test set with a gold link that is not between words of its text."""
    _all({n: partial(_check_links, files, texts[f"test.{n}"], tokenizers) for n, files in data.test.items()})


def load_sets(data: DataConfig, tokenizers: tuple[Tokenizer, Tokenizer]) -> dict[str, tuple[Corpus, dict[str, Any]]]:
    """Each of the same sets in pieces, and its report.

    Errors: DataError with a line for each set of which nothing can be used.
    """
    loads = {name: partial(load_corpus, files, tokenizers) for name, files in _files(data).items()}
    if "train" in loads:
        loads["train"] = partial(load_corpus, data.train, tokenizers, data.max_length, data.on_empty)
    return _all(loads)


def compare_with_train(
    data: DataConfig,
    texts: Mapping[str, Pairs],
    reports: Mapping[str, dict[str, Any]],
    count_shared: Callable[[Pairs], int],
) -> None:
    """Puts `overlap_with_train`, which `count_shared` tells of some pairs, into the report of every other set, and
    warnings about it and about files that seem to be exchanged."""
    known = profiles(zip(read_lines(data.train.src), read_lines(data.train.tgt), strict=False))
    for name, files in _files(data).items():
        if name == "train":
            continue
        report, pairs = reports[name], texts[name]
        shared = report["overlap_with_train"] = count_shared(pairs)
        if shared:
            of_all = f"{shared} of {len(pairs)} pairs of {name} are in the training data ({shared / len(pairs):.1%})"
            report["warnings"].append(of_all)
        paths = (files.src, data.train.src), (files.tgt, data.train.tgt)
        for (path, own), wrong in zip(paths, wrong_languages(known, profiles(pairs)), strict=True):
            if wrong:
                report["warnings"].append(f"{path}: seems to be in another language than {own}")


def _files(data: DataConfig) -> dict[str, ParallelFiles]:
    train = {"train": data.train} if data.prepared is None else {}
    tests = {f"test.{name}": files for name, files in data.test.items()}
    return {**train, "valid": data.valid, **tests}


def _read(files: ParallelFiles) -> Pairs:
    pairs = read_pairs(files.src, files.tgt)
    if isinstance(files, TestFiles) and (gold := gold_of(files)):
        gold.require_sentences(len(pairs), "sentence pairs")
    return pairs


def _check_links(files: TestFiles, pairs: Pairs, tokenizers: tuple[Tokenizer, Tokenizer]) -> None:
    if gold := gold_of(files):
        check_gold(gold, pairs, tokenizers)


def _all(calls: Mapping[str, Callable[[], Result]]) -> dict[str, Result]:
    """The result of each call. Errors: DataError with the lines of all that failed."""
    results: dict[str, Result] = {}
    problems: list[str] = []
    for name, call in calls.items():
        try:
            results[name] = call()
        except DataError as error:
            problems.extend(error.args)
    if problems:
        raise DataError(*dict.fromkeys(problems))
    return results
