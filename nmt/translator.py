"""Translator: the library face of every command that uses a trained model.

B sentences, S source pieces, T target pieces, both with EOS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch

from nmt.data.batch import collate, collate_source
from nmt.device import Compute
from nmt.errors import UserError
from nmt.models.seq2seq import Seq2Seq
from nmt.search.beam import beam_search
from nmt.search.config import SearchConfig
from nmt.search.hypothesis import Hypothesis
from nmt.text.tokenizers.tokenizer import Pieces, Tokenizer
from nmt.text.vocab import EOS, UNK

MAX_PIECES = 1000
BATCHES_READ = 20


class Translation(NamedTuple):
    """One translation of one line, or one given pair.

    weights_TS: attention, rows = target pieces (and EOS unless cut at the longest length), columns = source pieces and
    EOS; None where there is none. logprob: natural logarithm, summed over pieces and EOS; score: what search ranked by.
    """

    src: Pieces
    tgt: Pieces
    text: str
    logprob: float
    score: float
    weights_TS: np.ndarray | None


class Translator:
    """A model with the tokenizers of both sides."""

    def __init__(
        self,
        model: Seq2Seq,
        tokenizers: tuple[Tokenizer, Tokenizer],
        search: SearchConfig,
        compute: Compute,
        warn: Callable[[str], None] = lambda message: None,
    ) -> None:
        self.model, (self.src, self.tgt), self.search = model, tokenizers, search
        self.compute, self.device, self.warn = compute, compute.device, warn

    @property
    def has_attention(self) -> bool:
        """Whether translations carry an alignment."""
        return self.model.decoder.has_attention

    def translate(self, lines: Iterable[str], search: SearchConfig | None = None) -> Iterator[list[Translation]]:
        """The n best translations of every line, in the order of the lines; an empty line has one, which is empty.

        Lines are read in blocks of a few batches, so memory does not grow with their number.
        """
        search = search or self.search
        numbered = enumerate(lines, 1)
        while block := list(islice(numbered, search.batch_sentences * BATCHES_READ)):
            sources = [self._cut(self.src.encode(line), number) for number, line in block]
            yield from self._in_batches(sources, search.batch_sentences, lambda batch: self._search(batch, search))

    def align(self, pairs: Iterable[tuple[str, str]]) -> Iterator[Translation]:
        """The attention of given pairs (forced decoding, no search), in order. A pair with an empty side has none.

        Errors: UserError if the model has no attention.
        """
        numbered = enumerate(pairs, 1)
        size = self.search.batch_sentences
        while block := list(islice(numbered, size * BATCHES_READ)):
            encoded = [
                (self._cut(self.src.encode(src), number), self._cut(self.tgt.encode(tgt), number))
                for number, (src, tgt) in block
            ]
            yield from self._in_batches(encoded, size, self._force)

    def _in_batches(self, items: list, size: int, run: Callable[[list], list]) -> list:
        """`run` over batches of items of similar length; results in the items' order. Items without text skip it."""
        results: list = [_empty(item) for item in items]
        full = [index for index, item in enumerate(items) if _has_text(item)]
        full.sort(key=lambda index: (_length(items[index]), index))
        for start in range(0, len(full), size):
            chosen = full[start : start + size]
            for index, result in zip(chosen, run([items[i] for i in chosen]), strict=True):
                results[index] = result
        return results

    def _search(self, sources: list[Pieces], search: SearchConfig) -> list[list[Translation]]:
        src_BS, src_len_B = collate_source([source.ids for source in sources])
        self.model.eval()
        with self.compute.autocast():
            found = beam_search(self.model, src_BS.to(self.device), src_len_B.to(self.device), search)
        return [
            [self._translation(source, hypothesis, search.replace_unk) for hypothesis in hypotheses]
            for source, hypotheses in zip(sources, found, strict=True)
        ]

    def _translation(self, source: Pieces, hypothesis: Hypothesis, replace_unk: bool) -> Translation:
        from nmt.alignment.unk import replace_unknown

        ids = [token for token in hypothesis.tokens if token != EOS]
        pieces = self.tgt.pieces(ids)
        if replace_unk and UNK in ids:
            if hypothesis.weights_TS is None:
                raise UserError("search.replace_unk needs a model with attention")
            unknown = [token == UNK for token in ids]
            pieces = replace_unknown(pieces, unknown, hypothesis.weights_TS, source.words, source.word_ids)
        target = Pieces(ids, pieces, self.tgt.word_ids(pieces), self.tgt.words(pieces))
        text = self.tgt.decode(pieces)
        return Translation(source, target, text, hypothesis.logprob, hypothesis.score, hypothesis.weights_TS)

    @torch.inference_mode()
    def _force(self, pairs: list[tuple[Pieces, Pieces]]) -> list[Translation]:
        batch = collate([src.ids for src, _ in pairs], [tgt.ids for _, tgt in pairs], []).to(self.device)
        self.model.eval()
        with self.compute.autocast():
            forced = self.model.force(batch)
        if forced.weights_BTS is None:
            raise UserError("this model has no attention, so it has no alignments")
        weights_BTS = forced.weights_BTS.float().cpu().numpy()
        logprob_B = forced.logprob_BT.sum(1).tolist()
        return [
            Translation(
                src,
                tgt,
                self.tgt.decode(tgt.pieces),
                logprob_B[row],
                logprob_B[row],
                weights_BTS[row, : len(tgt.ids) + 1, : len(src.ids) + 1],
            )
            for row, (src, tgt) in enumerate(pairs)
        ]

    def _cut(self, pieces: Pieces, number: int) -> Pieces:
        if len(pieces.ids) <= MAX_PIECES:
            return pieces
        self.warn(f"line {number}: {len(pieces.ids)} pieces, only the first {MAX_PIECES} are used")
        words = pieces.words[: pieces.word_ids[MAX_PIECES - 1] + 1]
        return Pieces(pieces.ids[:MAX_PIECES], pieces.pieces[:MAX_PIECES], pieces.word_ids[:MAX_PIECES], words)


Item = Pieces | tuple[Pieces, Pieces]
NOTHING = Pieces([], [], [], [])


def _has_text(item: Item) -> bool:
    return bool(item.ids) if isinstance(item, Pieces) else bool(item[0].ids and item[1].ids)


def _length(item: Item) -> int:
    return len(item.ids) if isinstance(item, Pieces) else max(len(item[0].ids), len(item[1].ids))


def _empty(item: Item) -> list[Translation] | Translation:
    if isinstance(item, Pieces):
        return [Translation(item, NOTHING, "", 0.0, 0.0, None)]
    return Translation(item[0], item[1], "", 0.0, 0.0, None)
