"""Shortlist: the few target pieces among which the translation of a sentence is looked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain, islice

from nmt.text.tokenizers.tokenizer import Tokenizer
from nmt.text.vocab import SPECIALS

FREQUENT = 100
"""Pieces that every sentence may use: those with the lowest ids, which are the most frequent ones of the vocabulary."""

BEST = 100
"""Translations of a word that are used, the first ones of the lexicon."""


REMEMBERED = 100_000
"""Source words whose pieces are not looked up again."""


class Shortlist:
    """For each sentence the frequent pieces, those of its words' translations in a lexicon, and those of the words
    themselves, which may be names.      Jean et al. 2015 (candidate lists)

    `lexicon` has the translations of each source word, the best first; `tokenizer` cuts the target side.
    """

    def __init__(
        self, lexicon: Mapping[str, Sequence[str]], tokenizer: Tokenizer, frequent: int = FREQUENT, best: int = BEST
    ) -> None:
        self._lexicon, self._tokenizer, self._best = lexicon, tokenizer, best
        self._frequent = range(min(len(SPECIALS) + frequent, len(tokenizer)))
        self._of_word = lru_cache(maxsize=REMEMBERED)(self._pieces)

    def __call__(self, words: Iterable[str]) -> set[int]:
        """The ids of the target pieces that a sentence of these words may become, the special symbols among them."""
        return set(self._frequent).union(*map(self._of_word, words))

    def _pieces(self, word: str) -> frozenset[int]:
        texts = [word, *islice(self._lexicon.get(word, ()), self._best)]
        return frozenset(chain.from_iterable(self._tokenizer.encode_all(texts)))
