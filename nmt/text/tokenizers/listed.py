"""Tokenizers whose pieces are the entries of a list: words or characters."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from pathlib import Path

from nmt.errors import DataError
from nmt.text.tokenizers.tokenizer import Tokenizer, training_texts
from nmt.text.vocab import Vocab, VocabConfig


class ListedTokenizer(Tokenizer):
    """A shortlist of the most frequent pieces; all others are unknown. Subclasses say how a text is split."""

    extension = "json"

    def __init__(self, config: Tokenizer.Config, vocab: Vocab) -> None:
        self.config = config
        self.vocab = vocab

    @classmethod
    @abstractmethod
    def split(cls, config: Tokenizer.Config, text: str) -> list[str]:
        """The pieces of a prepared text."""

    @classmethod
    def fit(cls, config: Tokenizer.Config, vocab: VocabConfig, paths: list[Path]) -> ListedTokenizer:
        counts: Counter[str] = Counter()
        for text in training_texts(paths, config.lowercase):
            counts.update(cls.split(config, text))
        if max(counts.values(), default=0) < vocab.min_freq:
            most = max(counts.values(), default=0)
            names = ", ".join(map(str, paths))
            raise DataError(f"data.vocab.min_freq {vocab.min_freq}: nothing is as frequent in {names} (at most {most})")
        return cls(config, Vocab.build(counts, vocab.size, vocab.min_freq))

    @classmethod
    def from_bytes(cls, config: Tokenizer.Config, data: bytes) -> ListedTokenizer:
        return cls(config, Vocab.from_json(data))

    def to_bytes(self) -> bytes:
        return self.vocab.to_json()

    def segment(self, text: str) -> tuple[list[int], list[str]]:
        pieces = self.split(self.config, text)
        return self.vocab.ids(pieces), pieces

    def pieces(self, ids: list[int]) -> list[str]:
        return [self.vocab.tokens[i] for i in ids]

    def __len__(self) -> int:
        return len(self.vocab)
