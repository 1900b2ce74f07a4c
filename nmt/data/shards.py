"""Text to a `MappedPairs` folder: in shards of many lines, each for itself, then all of them one after the other.

A shard appears by one rename when all of it is written. So a preparation that was killed goes on with the shards that
are not there yet, and several processes can each make their share of them.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from nmt.data.config import ParallelFiles
from nmt.data.corpus import encode_pairs, refuse_one_sided
from nmt.data.mapped import META, NAMES, pair_hash
from nmt.data.pairs import stream_pairs
from nmt.data.report import SetReport
from nmt.data.report_merge import merge_reports
from nmt.errors import DataError
from nmt.text.tokenizers.tokenizer import Tokenizer

LINES = 100_000
"""Lines of a shard."""

BLOCK = 1 << 24


class Recipe(NamedTuple):
    """What the numbers of a corpus follow from."""

    files: ParallelFiles
    tokenizers: tuple[Tokenizer, Tokenizer]
    max_length: int
    refuse_empty: bool
    fingerprint: str
    """Hash of all of that."""

    @property
    def types(self) -> dict[str, str]:
        """The numbers in each file."""
        ids = "<u2" if max(map(len, self.tokenizers)) <= 1 << 16 else "<u4"
        lengths = "<u2" if self.max_length < 1 << 16 else "<u4"
        return {"ids": ids, "lengths": lengths, "begins": "<i8", "lines": "<u4", "hashes": "<u8"}


def write_shards(recipe: Recipe, work: Path, rank: int = 0, size: int = 1) -> None:
    """Makes the shards of this rank that are not in the folder `work` yet: every size-th.

    Errors: DataError as in `stream_pairs`; for a pair with one empty side if these are refused.
    """
    notes: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    pairs = stream_pairs(recipe.files.src, recipe.files.tgt, notes)
    for number, block in enumerate(_blocks(pairs)):
        if number % size == rank and not shard_path(work, number).is_dir():
            _write_shard(recipe, shard_path(work, number), number * LINES, block, notes)
        for counts in notes:
            counts.clear()


def shard_path(work: Path, number: int) -> Path:
    """The folder of a shard."""
    return work / f"shard-{number:06d}"


def _blocks(pairs: Iterator[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    while block := list(islice(pairs, LINES)):
        yield block


def _write_shard(
    recipe: Recipe,
    path: Path,
    before: int,
    pairs: list[tuple[str, str]],
    notes: tuple[Counter[str], Counter[str]],
) -> None:
    """`before`: lines of the shards before this one."""
    report = SetReport(recipe.files, recipe.max_length, before)
    for counted, noted in zip(report.notes, notes, strict=True):
        counted.update(noted)
    corpus = encode_pairs(pairs, recipe.tokenizers, report)
    if recipe.refuse_empty:
        refuse_one_sided(recipe.files, report)
    both = [ids for pair in zip(corpus.src, corpus.tgt, strict=True) for ids in pair]
    lengths = [len(ids) for ids in both]
    arrays = {
        "ids": [i for ids in both for i in ids],
        "lengths": lengths,
        "begins": np.cumsum([0, *lengths])[:-1:2][: len(corpus)],
        "lines": [before + line for line in corpus.line],
        "hashes": [pair_hash(pairs[line - 1]) for line in corpus.line],
    }
    temporary = path.with_name(f".tmp-{path.name}-{os.getpid()}")
    temporary.mkdir(parents=True, exist_ok=True)
    for name, numbers in arrays.items():
        np.asarray(numbers, dtype=recipe.types[name]).tofile(temporary / f"{name}.bin")
    (temporary / META).write_bytes(json.dumps(report.result()).encode())
    os.replace(temporary, path)


def merge(recipe: Recipe, work: Path, folder: Path) -> None:
    """The shards in `work` as one folder, which appears by one rename; `work` is removed.

    Errors: DataError if no pair is left.
    """
    shards = sorted(work.glob("shard-*"))
    report = merge_reports([json.loads((shard / META).read_bytes()) for shard in shards])
    if report["kept"] == 0:
        within = f"each within max_length {recipe.max_length}"
        raise DataError(f"{recipe.files.src}: no pair has text on both sides, {within}")
    temporary = work / "merged"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    for name in ("ids", "lengths", "lines"):
        with open(temporary / f"{name}.bin", "wb") as out:
            for shard in shards:
                with open(shard / f"{name}.bin", "rb") as part:
                    shutil.copyfileobj(part, out, BLOCK)
    _write_begins(recipe, shards, temporary / "begins.bin")
    hashes = np.concatenate([np.fromfile(shard / "hashes.bin", recipe.types["hashes"]) for shard in shards])
    hashes.sort()
    hashes.tofile(temporary / "hashes.bin")
    report["duplicates"] = int((hashes[1:] == hashes[:-1]).sum())
    _describe(recipe, report, temporary)
    os.replace(temporary, folder)
    shutil.rmtree(work)


def _write_begins(recipe: Recipe, shards: list[Path], path: Path) -> None:
    passed = 0
    with open(path, "wb") as out:
        for shard in shards:
            begins = np.fromfile(shard / "begins.bin", recipe.types["begins"])
            out.write((begins + passed).tobytes())
            passed += (shard / "ids.bin").stat().st_size // np.dtype(recipe.types["ids"]).itemsize


def _describe(recipe: Recipe, report: dict[str, Any], folder: Path) -> None:
    """Writes meta.json, and returns when all files are on the disk."""
    sizes = {name: (folder / f"{name}.bin").stat().st_size for name in NAMES}
    meta = {"fingerprint": recipe.fingerprint, "types": recipe.types, "sizes": sizes, "report": report}
    (folder / META).write_bytes(json.dumps(meta, ensure_ascii=False).encode())
    for path in folder.iterdir():
        with open(path, "rb") as file:
            _sync(file)


def _sync(file: BinaryIO) -> None:
    os.fsync(file.fileno())
