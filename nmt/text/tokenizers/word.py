"""Words between spaces, the most frequent of them known: the vocabulary of the first attention papers."""

from __future__ import annotations

import unicodedata
from typing import cast

from nmt.text.tokenizers.listed import ListedTokenizer
from nmt.text.tokenizers.tokenizer import Tokenizer

CLOSING = frozenset(".,!?:;)]")
OPENING = frozenset("([")


class Word(ListedTokenizer, name="word"):
    """Whitespace tokens with a shortlist vocabulary, all other words UNK (Bahdanau et al. 2015, section 4.1)."""

    class Config(Tokenizer.Config):
        """How words are found."""

        split_punctuation: bool = False
        """Cut punctuation (Unicode category P) off both ends of a word, each character a word of its own, and attach it
        again in the output. Punctuation inside a word stays: `o'clock`, `e-mail`."""

    @classmethod
    def split(cls, config: Tokenizer.Config, text: str) -> list[str]:
        words = text.split()
        if cast(Word.Config, config).split_punctuation:
            words = [token for word in words for token in _cut(word)]
        return words

    def word_ids(self, pieces: list[str]) -> list[int]:
        return list(range(len(pieces)))

    def words(self, pieces: list[str]) -> list[str]:
        return list(pieces)

    def decode(self, pieces: list[str]) -> str:
        if not cast(Word.Config, self.config).split_punctuation:
            return " ".join(pieces)
        return "".join(
            piece if i == 0 or piece in CLOSING or pieces[i - 1] in OPENING else f" {piece}"
            for i, piece in enumerate(pieces)
        )


def _cut(word: str) -> list[str]:
    """`"(a-b)."` -> `( a-b ) .`"""
    start, end = 0, len(word)
    while start < end and _is_punctuation(word[start]):
        start += 1
    while end > start and _is_punctuation(word[end - 1]):
        end -= 1
    middle = [word[start:end]] if start < end else []
    return [*word[:start], *middle, *word[end:]]


def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character).startswith("P")
