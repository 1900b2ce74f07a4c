"""The data sets: disjoint draws from the grammar, and their files."""

from __future__ import annotations

import gzip
import io
import random
from collections import Counter
from itertools import islice
from pathlib import Path

from corpus_grammar.sampling import SentenceSampler
from corpus_grammar.tokens import Pair

SEED = 2014
SIZES = {"train": 20_000, "dev": 500, "test": 1000, "test_long": 500}
MAX_LENGTH = 20
LONG_LENGTHS = range(21, 46)
# The last training pairs are each the best of three for the rarest German word.
FREE_DRAWS = 13_000
CANDIDATES = 3
SUFFIXES = {"english": "en", "german": "de", "alignment": "align"}


def lengths(pair: Pair) -> tuple[int, int]:
    """Number of tokens of the English and of the German side."""
    return pair.english.count(" ") + 1, pair.german.count(" ") + 1


class CorpusBuilder:
    """Draws pairs whose English side is new, so that no two data sets share a sentence."""

    def __init__(self, seed: int = SEED) -> None:
        self._sampler = SentenceSampler(random.Random(seed))
        self._seen: set[str] = set()

    def build(self) -> dict[str, list[Pair]]:
        """All data sets by name, with the numbers of pairs in `SIZES`.

        The words of the others all occur in the training set.
        """
        splits = {"train": self._train()}
        known = {word for pair in splits["train"] for word in _words(pair)}
        for name in ("dev", "test", "test_long"):
            draw = self._new_long_pair if name == "test_long" else self._new_pair
            pairs = (pair for pair in iter(draw, None) if known.issuperset(_words(pair)))
            splits[name] = list(islice(pairs, SIZES[name]))
        return splits

    def _train(self) -> list[Pair]:
        pairs = [self._new_pair() for _ in range(FREE_DRAWS)]
        counts = Counter(word for pair in pairs for word in pair.german.split())
        while len(pairs) < SIZES["train"]:
            candidates = [self._new_pair() for _ in range(CANDIDATES)]
            best = min(candidates, key=lambda pair: min(counts[word] for word in pair.german.split()))
            self._seen.difference_update(pair.english for pair in candidates if pair is not best)
            counts.update(best.german.split())
            pairs.append(best)
        return pairs

    def _new_pair(self) -> Pair:
        while True:
            pair = self._sampler.pair()
            if max(lengths(pair)) <= MAX_LENGTH and self._is_new(pair):
                return pair

    def _new_long_pair(self) -> Pair:
        while True:
            pair = self._sampler.long_pair()
            if all(length in LONG_LENGTHS for length in lengths(pair)) and self._is_new(pair):
                return pair

    def _is_new(self, pair: Pair) -> bool:
        if pair.english in self._seen:
            return False
        self._seen.add(pair.english)
        return True


def _words(pair: Pair) -> list[str]:
    return pair.english.split() + pair.german.split()


def write_splits(splits: dict[str, list[Pair]], folder: Path) -> None:
    """Write NAME.en, NAME.de and NAME.align for each data set; the training set is compressed."""
    for name, pairs in splits.items():
        for field, suffix in SUFFIXES.items():
            text = "".join(getattr(pair, field) + "\n" for pair in pairs).encode()
            if name == "train":
                (folder / f"{name}.{suffix}.gz").write_bytes(_compress(text))
            else:
                (folder / f"{name}.{suffix}").write_bytes(text)


def _compress(text: bytes) -> bytes:
    """gzip without time and file name, so that the bytes depend on the text alone."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as stream:
        stream.write(text)
    return buffer.getvalue()
