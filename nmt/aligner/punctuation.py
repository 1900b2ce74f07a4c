"""Marks such as a comma linked to marks alone: German has one before each relative pronoun, English has none there.

P distinct word pairs.
"""

from __future__ import annotations

import unicodedata

import torch
from torch import Tensor

from nmt.aligner.bitext import Bitext

WORDS = "&%@#*\N{SECTION SIGN}"
"""Punctuation by Unicode that is read as a word, or stands for one."""


def is_mark(word: str) -> bool:
    """Whether a token has no letter, digit or symbol, such as `,` or `...`; the empty one is none."""
    return word != "" and all(unicodedata.category(char).startswith("P") and char not in WORDS for char in word)


def apart_P(bitext: Bitext) -> Tensor:
    """True at the word pairs of two marks, of two other words, or of anything and NULL."""
    src_marks, tgt_marks = (
        torch.tensor([is_mark(word) for word in words]) for words in (bitext.src_words, bitext.tgt_words)
    )
    null_P = (bitext.src_P == 0) | (bitext.tgt_P == 0)
    return null_P | (src_marks[bitext.src_P] == tgt_marks[bitext.tgt_P])
