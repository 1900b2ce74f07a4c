"""Alignment records of translations and of forced pairs."""

from __future__ import annotations

from typing import Literal

import numpy as np

from nmt.alignment.alignment import Alignment, Unit, drop_eos, move_rows, to_words
from nmt.alignment.links import Links, extract_links
from nmt.alignment.record import AlignmentRecord
from nmt.errors import UserError
from nmt.translator import Translation


def alignment_record(
    number: int, translation: Translation, unit: Unit, method: str = "argmax", eos: Literal["keep", "drop"] = "keep"
) -> AlignmentRecord:
    """The record of line `number` (from 0), at word or piece level, links taken before EOS is dropped.

    Where one side is empty the matrix has no rows or no columns. Errors: UserError if the model has no attention.
    """
    alignment = alignment_of(translation, unit)
    return make_record(number, translation, alignment, extract_links(alignment, method), eos)


def alignment_of(translation: Translation, unit: Unit, shift: int = 0) -> Alignment:
    """The attention of a translation at word or piece level, its rows of pieces moved first by `shift` (`move_rows`).

    Errors: UserError if the model has no attention.
    """
    src, tgt = translation.src, translation.tgt
    if translation.weights_TS is None:
        if src.ids and tgt.ids:
            raise UserError("this model has no attention, so it has no alignments")
        return _empty(translation, unit)
    weights_TS = translation.weights_TS.astype(np.float32)
    pieces = move_rows(Alignment(src.pieces, tgt.pieces, weights_TS, "piece", True, translation.logprob), shift)
    return pieces if unit == "piece" else to_words(pieces, src.word_ids, tgt.word_ids, src.words, tgt.words)


def make_record(
    number: int,
    translation: Translation,
    alignment: Alignment,
    links: Links,
    eos: Literal["keep", "drop"],
    rank: int = 1,
) -> AlignmentRecord:
    """The record of a translation with links already taken; `rank` is its place in the n-best list of the line."""
    kept = alignment if eos == "keep" else drop_eos(alignment)
    return AlignmentRecord(number, translation.src_text, translation.text, kept, links, rank)


def _empty(translation: Translation, unit: Unit) -> Alignment:
    src, tgt = translation.src, translation.tgt
    rows, columns = (tgt.words, src.words) if unit == "word" else (tgt.pieces, src.pieces)
    return Alignment(columns, rows, np.zeros((len(rows), len(columns)), np.float32), unit, False)
