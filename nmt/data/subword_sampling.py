"""Subword regularisation: the sentences of the corpus in other pieces each epoch."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nmt.data.corpus import Corpus
from nmt.text.tokenizers.tokenizer import Draw, Tokenizer


def subword_sampling(
    corpus: Corpus,
    texts: Sequence[tuple[str, str]],
    tokenizers: tuple[Tokenizer, Tokenizer],
    max_length: int,
    seed: int,
) -> Callable[[int], Corpus] | None:
    """What draws the pieces of both sides anew for each epoch, as a function of (seed, epoch) alone; None if the
    tokenizers do not.      Kudo 2018, section 3; Provilkov et al. 2020, section 3.

    `texts` are the raw pairs of all lines that `corpus` is made of. A sentence drawn in more than `max_length` pieces
    keeps those of `corpus`, so that no pair is ever left out.
    """
    src, tgt = (
        tokenizer.sampler([texts[line - 1][side] for line in corpus.line]) for side, tokenizer in enumerate(tokenizers)
    )

    def drawn(draw: Draw | None, best: list[list[int]], place: str) -> list[list[int]]:
        if draw is None:
            return best
        pairs = zip(draw(f"pieces {seed} {place}"), best, strict=True)
        return [ids if len(ids) <= max_length else kept for ids, kept in pairs]

    def resample(epoch: int) -> Corpus:
        return Corpus(drawn(src, corpus.src, f"{epoch} src"), drawn(tgt, corpus.tgt, f"{epoch} tgt"), corpus.line)

    return None if src is None and tgt is None else resample
