"""A corpus of any size: its pairs lie as numbers in files. What is known of each pair is mapped into memory; its ids
are read where they are used, because pages mapped at random stay, and the process would grow by the whole file.

N pairs of one folder. Little-endian:
  ids.bin      pieces, source then target of pair 0, of pair 1 ...      uint16 or uint32
  lengths.bin  (N, 2) pieces of source and target                        uint16 or uint32
  begins.bin   (N) place of each pair's first piece in ids.bin           int64
  lines.bin    (N) line number in the text files, from 1                 uint32
  hashes.bin   `pair_hash` of each pair's text, sorted                   uint64
"""

from __future__ import annotations

import hashlib
import json
import os
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any
from weakref import finalize

import numpy as np

from nmt.errors import DataError

META = "meta.json"
NAMES = ("ids", "lengths", "begins", "lines", "hashes")


class MappedPairs:
    """The pairs of one folder that `nmt.data.shards.merge` wrote, and what is known of them.

    Errors: DataError if a file is missing or has another size than was written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            meta: dict[str, Any] = json.loads((folder / META).read_bytes())
            sizes, types = dict(meta["sizes"]), {name: np.dtype(meta["types"][name]) for name in NAMES}
            self.report: dict[str, Any] = dict(meta["report"])
            self.fingerprint = str(meta["fingerprint"])
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            raise self._damaged(META) from None
        for name in NAMES:
            path = folder / f"{name}.bin"
            if not path.is_file() or path.stat().st_size != sizes.get(name) or types[name].kind not in "iu":
                raise self._damaged(path.name)
        self.lengths, self.begins, self.lines, self.hashes = (
            np.asarray(np.memmap(folder / f"{name}.bin", types[name], "r")) for name in NAMES[1:]
        )
        self.lengths = self.lengths.reshape(-1, 2)
        self._ids, self._type = os.open(folder / "ids.bin", os.O_RDONLY), types["ids"]
        finalize(self, os.close, self._ids)

    def __len__(self) -> int:
        return len(self.begins)

    def side(self, i: int, side: int) -> list[int]:
        """Ids of pair i, of its source (0) or its target (1). Errors: DataError if they do not lie in ids.bin."""
        src, tgt = self.lengths[i].tolist()
        begin = int(self.begins[i]) + src * side
        size = self._type.itemsize
        length = (tgt if side else src) * size
        try:
            content = os.pread(self._ids, length, begin * size)
        except (OSError, OverflowError):
            content = b""
        if len(content) != length:
            raise self._damaged("begins.bin or ids.bin")
        return np.frombuffer(content, self._type).tolist()

    def _damaged(self, name: str) -> DataError:
        return DataError(
            f"{self._folder / name}: missing or damaged; remove the folder {self._folder}, it is made again"
        )

    def shared(self, pairs: Iterable[tuple[str, str]]) -> int:
        """How many of `pairs` are among these."""
        wanted = np.array([pair_hash(pair) for pair in pairs], np.uint64)
        places = np.searchsorted(self.hashes, wanted).clip(max=len(self.hashes) - 1)
        return int((self.hashes[places] == wanted).sum())


class MappedCorpus:
    """The pairs of several folders as one corpus, read as a `Corpus` is: pair i of the first folder is pair i."""

    def __init__(self, parts: Sequence[MappedPairs]) -> None:
        self.parts = list(parts)
        self._ends = list(accumulate(map(len, self.parts)))
        self.src = Column(len(self), lambda i: self._at(i, lambda part, place: part.side(place, 0)))
        self.tgt = Column(len(self), lambda i: self._at(i, lambda part, place: part.side(place, 1)))
        self.line = Column(len(self), lambda i: self._at(i, lambda part, place: int(part.lines[place])))

    def __len__(self) -> int:
        return self._ends[-1]

    @property
    def fingerprint(self) -> str:
        """Hash of everything that the pairs follow from."""
        return hashlib.sha256(" ".join(part.fingerprint for part in self.parts).encode()).hexdigest()

    def lengths(self, side: int) -> np.ndarray:
        """Pieces of the source (0) or the target (1) of every pair."""
        columns = [part.lengths[:, side] for part in self.parts]
        return columns[0] if len(columns) == 1 else np.concatenate(columns)

    def shared(self, pairs: Sequence[tuple[str, str]]) -> int:
        """How many of `pairs` are in the first part."""
        return self.parts[0].shared(pairs)

    def _at(self, i: int, read: Callable[[MappedPairs, int], Any]) -> Any:
        number = bisect_right(self._ends, i)
        part = self.parts[number]
        return read(part, i - self._ends[number] + len(part))


class Column(Sequence[Any]):
    """A sequence whose entries are read when they are asked for."""

    def __init__(self, length: int, read: Callable[[int], Any]) -> None:
        self._length, self._read = length, read

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, i: Any) -> Any:
        if not 0 <= i < self._length:
            raise IndexError(i)
        return self._read(i)


def pair_hash(pair: tuple[str, str]) -> int:
    """64 bits that stand for the text of a pair."""
    digest = hashlib.blake2b("\n".join(pair).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")
