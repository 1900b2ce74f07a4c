"""Links of a whole text by eflomal, where it is installed (the extra `eflomal`).

Östling and Tiedemann 2016, "Efficient Word Alignment with Markov Chain Monte Carlo".
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nmt.aligner.bitext import Words
from nmt.aligner.combination import Combination, combine
from nmt.alignment.formats.pharaoh import read_pharaoh
from nmt.alignment.links import Links
from nmt.errors import NmtError, UserError


def align_with_eflomal(pairs: Sequence[tuple[Words, Words]], links: Combination = "intersection") -> list[Links]:
    """The links of each tokenised sentence pair, learned from these pairs alone; none where a side is empty or has more
    than 1,023 words. Words are compared without case. The links are others at each call: it samples, without a seed.

    Raises UserError if eflomal is missing, NmtError if it did not write the links of each pair.
    """
    aligner = require_eflomal()()
    full = [number for number, (src, tgt) in enumerate(pairs) if src and tgt]
    found: list[Links] = [[] for _ in pairs]
    if not full:
        return found
    texts = [_numbered([pairs[number][side] for number in full]) for side in (0, 1)]
    with TemporaryDirectory() as folder:
        forward, reverse = Path(folder, "forward"), Path(folder, "reverse")
        aligner.align(*texts, links_filename_fwd=str(forward), links_filename_rev=str(reverse))
        read = [list(read_pharaoh(path)) if path.exists() else [] for path in (forward, reverse)]
    if not len(read[0]) == len(read[1]) == len(full):
        raise NmtError(f"eflomal wrote {len(read[0])} and {len(read[1])} lines of links for {len(full)} sentence pairs")
    for number, one, other in zip(full, *read, strict=True):
        found[number] = combine(one, other, links)
    return found


def require_eflomal() -> Any:
    """eflomal's class `Aligner`. Raises UserError if the package is missing, or older than 2."""
    try:
        return importlib.import_module("eflomal").Aligner
    except (ImportError, AttributeError):
        raise UserError('links by eflomal need the package eflomal: pip install "nmt-attention[eflomal]"') from None


def _numbered(sentences: list[Words]) -> list[str]:
    """Each sentence as the numbers of its lower-cased words, whatever characters they hold."""
    numbers: dict[str, int] = {}
    return [" ".join(str(numbers.setdefault(word.lower(), len(numbers))) for word in words) for words in sentences]
