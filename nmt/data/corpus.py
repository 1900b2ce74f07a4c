"""Corpus: the numbered sentence pairs of one set of parallel files, and what was left out of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal

from nmt.data.config import ParallelFiles
from nmt.data.pairs import read_pairs
from nmt.data.report import data_report
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
    `data_report`).

    Errors: DataError as in `read_pairs`; with `on_empty="error"` for a pair with one empty side; if no pair is left.
    """
    notes: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    pairs = read_pairs(files.src, files.tgt, notes)
    src, tgt = _encode(pairs, tokenizers)
    corpus, skipped = _select(src, tgt, max_length)
    if on_empty == "error":
        refuse_one_sided(files, skipped)
    if not corpus.line:
        raise DataError(_why_nothing_is_left(files, src, tgt, max_length))
    return corpus, data_report(files, pairs, corpus, skipped, notes)


def encode_pairs(
    pairs: list[tuple[str, str]], tokenizers: tuple[Tokenizer, Tokenizer], max_length: int | None
) -> tuple[Corpus, dict[str, list[int]]]:
    """The usable ones of `pairs`, which are lines 1, 2, ..., and the line numbers of the others by reason."""
    return _select(*_encode(pairs, tokenizers), max_length)


def _encode(
    pairs: list[tuple[str, str]], tokenizers: tuple[Tokenizer, Tokenizer]
) -> tuple[list[list[int]], list[list[int]]]:
    src, tgt = (tokenizers[side].encode_all([pair[side] for pair in pairs]) for side in (0, 1))
    return src, tgt


def _select(src: list[list[int]], tgt: list[list[int]], max_length: int | None) -> tuple[Corpus, dict[str, list[int]]]:
    """The usable pairs, and the line numbers of the others by reason."""
    corpus = Corpus([], [], [])
    skipped: dict[str, list[int]] = {"empty": [], "empty_src": [], "empty_tgt": [], "too_long": []}
    for line, (src_ids, tgt_ids) in enumerate(zip(src, tgt, strict=True), start=1):
        if not src_ids or not tgt_ids:
            skipped["empty_tgt" if src_ids else "empty_src" if tgt_ids else "empty"].append(line)
        elif max_length is not None and max(len(src_ids), len(tgt_ids)) > max_length:
            skipped["too_long"].append(line)
        else:
            corpus.src.append(src_ids)
            corpus.tgt.append(tgt_ids)
            corpus.line.append(line)
    return corpus, skipped


def refuse_one_sided(files: ParallelFiles, skipped: dict[str, list[int]]) -> None:
    """Errors: DataError naming the first pair with text on one side only."""
    found = [(line, files.src, files.tgt) for line in skipped["empty_src"][:1]]
    found += [(line, files.tgt, files.src) for line in skipped["empty_tgt"][:1]]
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
