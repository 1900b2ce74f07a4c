"""Alignment records of translations and of forced pairs."""

from __future__ import annotations

from typing import Literal

import numpy as np

from nmt.alignment.alignment import Alignment, Unit, drop_eos, to_words
from nmt.alignment.links import extract_links
from nmt.alignment.record import AlignmentRecord
from nmt.errors import UserError
from nmt.translator import Translation


def alignment_record(
    number: int, translation: Translation, unit: Unit, method: str = "argmax", eos: Literal["keep", "drop"] = "keep"
) -> AlignmentRecord:
    """The record of line `number` (from 0), at word or piece level, links taken before EOS is dropped.

    Where one side is empty the matrix has no rows or no columns. Errors: UserError if the model has no attention.
    """
    src, tgt = translation.src, translation.tgt
    weights_TS = translation.weights_TS
    if weights_TS is None:
        if src.ids and tgt.ids:
            raise UserError("this model has no attention, so it has no alignments")
        alignment = _empty(translation, unit)
    else:
        pieces = Alignment(src.pieces, tgt.pieces, weights_TS.astype(np.float32), "piece", True, translation.logprob)
        alignment = pieces
        if unit == "word":
            alignment = to_words(pieces, src.word_ids, tgt.word_ids, src.words, tgt.words)
    links = extract_links(alignment, method)
    kept = alignment if eos == "keep" else drop_eos(alignment)
    return AlignmentRecord(number, " ".join(src.words), translation.text, kept, links)


def _empty(translation: Translation, unit: Unit) -> Alignment:
    src, tgt = translation.src, translation.tgt
    rows, columns = (tgt.words, src.words) if unit == "word" else (tgt.pieces, src.pieces)
    return Alignment(columns, rows, np.zeros((len(rows), len(columns)), np.float32), unit, False)
