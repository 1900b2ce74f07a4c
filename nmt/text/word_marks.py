"""The space written as a mark in the pieces, `▁` (U+2581), as in SentencePiece (Kudo and Richardson 2018)."""

from __future__ import annotations

MARK = "▁"


def marked_word_ids(pieces: list[str]) -> list[int]:
    """Index of the word that each piece belongs to: 0 first, never falling, no number left out.

    A piece that begins with the mark begins a word, unless the word before has no letter yet. A mark alone belongs to
    the word after it, at the end to the word before it.
    """
    ids: list[int] = []
    word, filled = 0, False
    for piece in pieces:
        if filled and piece.startswith(MARK):
            word, filled = word + 1, False
        ids.append(word)
        filled = filled or piece.strip(MARK) != ""
    if not filled and word > 0:
        ids = [min(i, word - 1) for i in ids]
    return ids


def marked_words(pieces: list[str]) -> list[str]:
    """The words that `marked_word_ids` counts, without marks."""
    ids = marked_word_ids(pieces)
    words = [""] * (ids[-1] + 1 if ids else 0)
    for i, piece in zip(ids, pieces, strict=True):
        words[i] += piece.replace(MARK, "")
    return words
