"""Where in the raw text each token stands, so that markup can be moved from one side of a translation to the other."""

from __future__ import annotations

import unicodedata

from nmt.text.word_marks import MARK

Span = tuple[int, int]
"""Begin and end, counted in characters (Unicode code points) from 0; `text[begin:end]` is the token as it was written.
"""

UNSEEN = ("Cc", "Cf", "Zs", "Zl", "Zp")
"""Categories of characters that a tokenizer may drop, add or move: controls, joiners, spaces."""


def token_spans(text: str, tokens: list[str]) -> list[Span | None]:
    """The span of every token of `text`, in order; None for a token without a visible character, and from the first one
    that the text does not go on with.

    Text and tokens are compared without case, spaces, joiners and `▁`, and by their compatibility decomposition (NFKD),
    so lower-cased and normalised words, pieces and repeated spaces find their place. A character that stands for
    letters of two tokens is in both spans.
    """
    letters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        seen = _letters(character)
        letters.extend(seen)
        places.extend([place] * len(seen))
    spans: list[Span | None] = []
    begin, lost = 0, False
    for token in tokens:
        wanted = [letter for character in token for letter in _letters(character)]
        end = begin + len(wanted)
        lost = lost or letters[begin:end] != wanted
        if lost or not wanted:
            spans.append(None)
            continue
        spans.append((places[begin], places[end - 1] + 1))
        begin = end
    return spans


def _letters(character: str) -> str:
    """What a character is compared by; empty for one that does not count."""
    if character.isascii():
        return character.lower() if " " < character < "\x7f" else ""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    return "".join(part for part in decomposed if part != MARK and unicodedata.category(part) not in UNSEEN)
