"""Corpus: the numbered sentence pairs of one set of parallel files, and what was left out of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from nmt.data.config import ParallelFiles
from nmt.data.pairs import read_pairs
from nmt.data.report import SetReport
from nmt.errors import DataError
from nmt.text.tokenizers.tokenizer import Tokenizer


@dataclass(frozen=True)
class Corpus:
    """Sentence pairs as ids, without BOS and EOS; three lists of equal length."""

    src: list[list[int]]
    """Source ids of each pair, at least one."""

    tgt: list[list[int]]
    """Target ids of each pair, at least one."""

    line: list[int]
    """Line number of each pair in its files, from 1."""

    def __len__(self) -> int:
        return len(self.line)


def load_corpus(
    files: ParallelFiles,
    tokenizers: tuple[Tokenizer, Tokenizer],
    max_length: int | None = None,
    on_empty: Literal["skip", "error"] = "skip",
) -> tuple[Corpus, dict[str, Any]]:
    """The pairs of `files` that have pieces on both sides and at most `max_length` on each, and a report (see
    `SetReport.result`).

    Errors: DataError as in `read_pairs`; with `on_empty="error"` for a pair with one empty side; if no pair is left.
    """
    report = SetReport(files, max_length)
    pairs = read_pairs(files.src, files.tgt, report.notes)
    src, tgt = _encode(pairs, tokenizers)
    corpus = _select(pairs, src, tgt, report)
    if on_empty == "error":
        refuse_one_sided(files, report)
    if not corpus.line:
        raise DataError(_why_nothing_is_left(files, src, tgt, max_length))
    return corpus, report.result()


def encode_pairs(pairs: list[tuple[str, str]], tokenizers: tuple[Tokenizer, Tokenizer], report: SetReport) -> Corpus:
    """Those of `pairs` that the report keeps; `line` counts them all, from 1."""
    return _select(pairs, *_encode(pairs, tokenizers), report)


def _encode(
    pairs: list[tuple[str, str]], tokenizers: tuple[Tokenizer, Tokenizer]
) -> tuple[list[list[int]], list[list[int]]]:
    src, tgt = (tokenizers[side].encode_all([pair[side] for pair in pairs]) for side in (0, 1))
    return src, tgt


def _select(pairs: list[tuple[str, str]], src: list[list[int]], tgt: list[list[int]], report: SetReport) -> Corpus:
    corpus = Corpus([], [], [])
    for line, (pair, src_ids, tgt_ids) in enumerate(zip(pairs, src, tgt, strict=True), start=1):
        if report.add(pair, src_ids, tgt_ids):
            corpus.src.append(src_ids)
            corpus.tgt.append(tgt_ids)
            corpus.line.append(line)
    return corpus


def refuse_one_sided(files: ParallelFiles, report: SetReport) -> None:
    """Errors: DataError naming the first pair with text on one side only."""
    sides = {"empty_src": (files.src, files.tgt), "empty_tgt": (files.tgt, files.src)}
    found = [(line, *paths) for reason, paths in sides.items() if (line := report.first_skipped(reason)) is not None]
    if found:
        line, empty, other = min(found)
        raise DataError(f"{empty}:{line}: empty line, {other}:{line} is not")


def _why_nothing_is_left(
    files: ParallelFiles, src: list[list[int]], tgt: list[list[int]], max_length: int | None
) -> str:
    for path, side in ((files.src, src), (files.tgt, tgt)):
        shortest = min((len(ids) for ids in side if ids), default=0)
        if shortest == 0:
            return f"{path}: every line is empty"
        if max_length is not None and shortest > max_length:
            return f"{path}: no sentence is shorter than max_length {max_length} (shortest {shortest})"
    if max_length is None:
        return f"{files.src}: no pair has text on both sides"
    return f"{files.src}: no pair has text on both sides, each within max_length {max_length}"
