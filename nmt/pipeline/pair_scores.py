"""log P(y | x) of given pairs by forced decoding, without search."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from nmt.text.vocab import EOS, SPECIALS
from nmt.translator import Translator


class PairScore(NamedTuple):
    """tokens: the pieces of the target and EOS. logprobs: the natural logarithm of the probability of each of them.

    Both are empty for a pair with an empty side, of which the model knows nothing.
    """

    tokens: list[str]
    logprobs: list[float]

    @property
    def logprob(self) -> float | None:
        """log P(y | x), EOS counted; None without a token."""
        return sum(self.logprobs) if self.tokens else None

    @property
    def mean(self) -> float | None:
        """The same of a token; exp(-mean) is the perplexity of the pair."""
        return sum(self.logprobs) / len(self.tokens) if self.tokens else None


def score_pairs(
    translator: Translator, pairs: Iterable[tuple[str, str]], first: int = 1, read_ahead: int | None = None
) -> Iterator[PairScore]:
    """The score of every pair, in order; arguments as of `Translator.force`."""
    for forced in translator.force(pairs, first, read_ahead):
        if forced.logprob_T is None:
            yield PairScore([], [])
        else:
            yield PairScore([*forced.tgt.pieces, SPECIALS[EOS]], forced.logprob_T.tolist())
