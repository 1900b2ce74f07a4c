"""Where in the raw text each token stands, so that markup can be moved from one side of a translation to the other."""

from __future__ import annotations

import unicodedata

from nmt.text.word_marks import MARK

Span = tuple[int, int]
"""Begin and end, counted in characters (Unicode code points) from 0; `text[begin:end]` is the token as it was written.
"""

UNSEEN = ("Cc", "Cf", "Zs", "Zl", "Zp")
"""Categories of characters that a tokenizer may drop, add or move: controls, joiners, spaces."""

WIDTHLESS = "\u200b\ufeff"
"""Spaces of no width, which Unicode counts among the joiners (Cf)."""


def token_spans(text: str, tokens: list[str]) -> list[Span | None]:
    """The span of every token of `text`, in order; None for a token without a visible character, and from the first one
    that the text does not go on with.

    Text and tokens are compared without case, spaces, joiners and `▁`, and by their compatibility decomposition (NFKD),
    so lower-cased and normalised words, pieces and repeated spaces find their place. A character that stands for
    letters of two tokens is in both spans. Joiners and marks of direction beside a token belong to it, those between
    two tokens to the first: the tags of a flag, a soft hyphen or a zero-width non-joiner at the end of a word.
    """
    letters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        seen = _letters(character)
        letters.extend(seen)
        places.extend([place] * len(seen))
    spans: list[Span | None] = []
    begin, before, lost = 0, 0, False
    for token in tokens:
        wanted = [letter for character in token for letter in _letters(character)]
        end = begin + len(wanted)
        lost = lost or letters[begin:end] != wanted
        if lost or not wanted:
            spans.append(None)
            continue
        span = _with_joiners(text, before, (places[begin], places[end - 1] + 1))
        spans.append(span)
        begin, before = end, span[1]
    return spans


def _with_joiners(text: str, before: int, span: Span) -> Span:
    """The span with the joiners that touch it, back to the place `before` at most."""
    begin, end = span
    while begin > before and _joins(text[begin - 1]):
        begin -= 1
    while end < len(text) and _joins(text[end]):
        end += 1
    return begin, end


def _joins(character: str) -> bool:
    return unicodedata.category(character) == "Cf" and character not in WIDTHLESS


def _letters(character: str) -> str:
    """What a character is compared by; empty for one that does not count."""
    if character.isascii():
        return character.lower() if " " < character < "\x7f" else ""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    return "".join(part for part in decomposed if part != MARK and unicodedata.category(part) not in UNSEEN)
