"""Characters, with a mark for the space."""

from __future__ import annotations

from nmt.text.tokenizers.listed import ListedTokenizer
from nmt.text.tokenizers.tokenizer import Tokenizer
from nmt.text.word_marks import MARK, marked_word_ids, marked_words


class Char(ListedTokenizer, name="char"):
    """Each character is a piece and `▁` is the space between words; a `▁` in the text is read as a space."""

    @classmethod
    def split(cls, config: Tokenizer.Config, text: str) -> list[str]:
        return list(MARK.join(text.replace(MARK, " ").split()))

    def word_ids(self, pieces: list[str]) -> list[int]:
        return marked_word_ids(pieces)

    def words(self, pieces: list[str]) -> list[str]:
        return marked_words(pieces)
