"""Vocabulary: numbers for tokens. The ids of the four special symbols are defined here and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import Field

from nmt.config.component import Section

PAD, BOS, EOS, UNK = 0, 1, 2, 3

SPECIALS = ("<pad>", "<s>", "</s>", "⁇")
"""How the special symbols are shown. A text that holds these strings holds ordinary tokens."""


class VocabConfig(Section):
    """How many pieces the model knows."""

    size: Annotated[int, Field(ge=5)] = 8000
    """Entries of a vocabulary, the four special symbols included: an upper limit for words and characters, the exact
    number for sentencepiece."""

    min_freq: Annotated[int, Field(ge=1)] = 1
    """Words or characters seen less often in the training text are unknown. Must be 1 with sentencepiece."""

    shared: bool = False
    """One vocabulary, learned from both sides, for source and target."""


class Vocab:
    """Tokens and their ids; ids 0 to 3 are the special symbols.

    `tokens` are the entries after the specials, all different; `self.tokens` are all of them, by id.
    """

    def __init__(self, tokens: Iterable[str]) -> None:
        entries = list(tokens)
        self.tokens: list[str] = [*SPECIALS, *entries]
        self._ids: dict[str, int] = {token: i for i, token in enumerate(entries, start=len(SPECIALS))}
        if len(self._ids) != len(entries):
            raise ValueError("a token stands twice in the vocabulary")

    @classmethod
    def build(cls, counts: Mapping[str, int], size: int, min_freq: int = 1) -> Vocab:
        """The most frequent tokens first (ties by string), at most `size` entries with the specials."""
        frequent = sorted((-count, token) for token, count in counts.items() if count >= min_freq)
        return cls(token for _, token in frequent[: size - len(SPECIALS)])

    @classmethod
    def from_json(cls, data: bytes) -> Vocab:
        """The vocabulary that `to_json` gave. Errors: ValueError if `data` is anything else."""
        try:
            tokens = json.loads(data.decode("utf-8"))
        except RecursionError:
            tokens = None
        if not isinstance(tokens, list) or not all(isinstance(token, str) and token for token in tokens):
            raise ValueError("not a list of tokens")
        return cls(tokens)

    def to_json(self) -> bytes:
        """The tokens after the specials as a JSON list, one a line."""
        return (json.dumps(self.tokens[len(SPECIALS) :], ensure_ascii=False, indent=0) + "\n").encode("utf-8")

    def ids(self, tokens: Iterable[str]) -> list[int]:
        """The id of every token, UNK for those that are not in the vocabulary."""
        return [self._ids.get(token, UNK) for token in tokens]

    def __len__(self) -> int:
        return len(self.tokens)
