"""Tokenizer: text to numbered pieces and back. The contract, and what all tokenizers share."""

from __future__ import annotations

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any, ClassVar, NamedTuple

from nmt.config.component import Component, ComponentConfig
from nmt.errors import CheckpointError, DataError
from nmt.text.reader import read_lines, without_controls
from nmt.text.vocab import UNK, VocabConfig

_SPACES = re.compile("[\t\u200b\ufeff]")
_SURROGATES = re.compile("[\ud800-\udfff]")


Draw = Callable[[str], list[list[int]]]
"""Ids of many texts in pieces drawn at random: a function of the seed alone, in every process and on every machine."""


class Pieces(NamedTuple):
    """One tokenised sentence, without BOS and EOS."""

    ids: list[int]
    """Ids of the pieces."""

    pieces: list[str]
    """The pieces as they stand in the text, also those whose id is UNK."""

    word_ids: list[int]
    """Index into `words` of the word that each piece belongs to; never falls, from 0."""

    words: list[str]
    """The words, which is what alignments count."""


class Tokenizer(Component, ABC, family="tokenizer"):
    """Cuts text into pieces that have ids, and puts pieces together to text."""

    class Config(ComponentConfig):
        """What every tokenizer can do."""

        lowercase: bool = False
        """Turn all text to lower case first."""

    extension: ClassVar[str]
    """Ending of the file that a tokenizer is saved in."""

    config: Config

    @classmethod
    @abstractmethod
    def fit(cls, config: Any, vocab: VocabConfig, paths: list[Path]) -> Tokenizer:
        """Learn from raw text files. The same files give the same bytes.

        Errors: DataError if there is no text or too little of it.
        """

    @classmethod
    @abstractmethod
    def from_bytes(cls, config: Any, data: bytes) -> Tokenizer:
        """The tokenizer that gave `data`. Errors: ValueError if the bytes are damaged."""

    @abstractmethod
    def to_bytes(self) -> bytes:
        """Everything that was learned; equal tokenizers give equal bytes."""

    @abstractmethod
    def segment(self, text: str) -> tuple[list[int], list[str]]:
        """Ids and surface forms of the pieces of a prepared text (see `prepare`)."""

    @abstractmethod
    def pieces(self, ids: list[int]) -> list[str]:
        """The piece of each id; UNK gives `SPECIALS[UNK]`."""

    @abstractmethod
    def word_ids(self, pieces: list[str]) -> list[int]:
        """Index of the word that each piece belongs to; never falls, from 0, leaves no number out."""

    @abstractmethod
    def words(self, pieces: list[str]) -> list[str]:
        """The words that `word_ids` counts."""

    @abstractmethod
    def __len__(self) -> int:
        """Entries of the vocabulary, the four special symbols included."""

    def encode(self, text: str) -> Pieces:
        """Pieces of any text, without BOS and EOS; an empty or blank text has none."""
        ids, pieces = self.segment(prepare(text, self.config.lowercase))
        return Pieces(ids, pieces, self.word_ids(pieces), self.words(pieces))

    def encode_all(self, texts: list[str]) -> list[list[int]]:
        """`encode(text).ids` of many texts, faster."""
        return [self.segment(prepare(text, self.config.lowercase))[0] for text in texts]

    def sampler(self, texts: list[str]) -> Draw | None:
        """What draws the pieces of the training texts anew; None if they are always those of `encode_all`."""
        return None

    def unknown_words(self, text: str) -> int:
        """How many words of the text have a piece that is not in the vocabulary."""
        pieces = self.encode(text)
        return len({word for word, piece in zip(pieces.word_ids, pieces.ids, strict=True) if piece == UNK})

    def decode(self, pieces: list[str]) -> str:
        """Text of the pieces, which may hold strings of the caller's in place of unknown pieces."""
        return " ".join(self.words(pieces))

    def save(self, folder: Path, side: str) -> None:
        """Write `folder/side.extension`."""
        (folder / f"{side}.{self.extension}").write_bytes(self.to_bytes())

    @classmethod
    def load(cls, config: Config, folder: Path, side: str) -> Tokenizer:
        """The tokenizer saved as `folder/side.extension`. Errors: CheckpointError if it is missing or damaged."""
        path = folder / f"{side}.{cls.extension}"
        try:
            return cls.from_bytes(config, path.read_bytes())
        except FileNotFoundError:
            problem = "no such file"
        except OSError as error:
            problem = f"cannot read it: {error.strerror}"
        except ValueError as error:
            problem = f"damaged {cls.name} tokenizer: {error}"
        raise CheckpointError(f"{path}: {problem}")

    def fingerprint(self) -> str:
        """SHA-256 of the saved bytes, in hexadecimal."""
        return hashlib.sha256(self.to_bytes()).hexdigest()


def prepare(text: str, lowercase: bool) -> str:
    """Any string as text that every tokenizer can take: no control characters, tabs, zero-width spaces or lone
    surrogates; empty if it is blank."""
    text = _SURROGATES.sub("\ufffd", _SPACES.sub(" ", without_controls(text)))
    if not text.strip():
        return ""
    return text.lower() if lowercase else text


def training_texts(paths: list[Path], lowercase: bool) -> Iterator[str]:
    """The prepared lines of all files, one in memory at a time, blank ones left out. Errors: DataError at the end if
    there were none."""
    empty = True
    for path in paths:
        for line in read_lines(path):
            if text := prepare(line, lowercase):
                empty = False
                yield text
    if empty:
        raise DataError(f"{names(paths)}: no text to learn a vocabulary from")


def drawn(texts: Iterable[str], size: int) -> list[str]:
    """`size` of the texts, each with the same chance, by a draw that depends on their number alone; all of them, in
    their order, where there are no more. Vitter 1985, algorithm R."""
    chosen: list[str] = []
    place = Random("vocabulary").randrange
    for number, text in enumerate(texts):
        if number < size:
            chosen.append(text)
        elif (replaced := place(number + 1)) < size:
            chosen[replaced] = text
    return chosen


def names(paths: list[Path]) -> str:
    """The paths for a message."""
    return " and ".join(str(path) for path in paths)
