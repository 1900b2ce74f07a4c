"""Translator: the library face of every command that uses a trained model.

B sentences, S source pieces, T target pieces, both with EOS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice, tee
from typing import NamedTuple, TypeVar

import numpy as np
import torch

from nmt.alignment.lexicon import Lexicon
from nmt.alignment.substitution import Substitution
from nmt.alignment.unk import copy_word, replace_unknown
from nmt.data.batch import collate, collate_source
from nmt.data.batching import batches_by_length
from nmt.device import Compute
from nmt.errors import UserError
from nmt.models.ensemble import Ensemble
from nmt.models.int8_products import Int8Products
from nmt.models.packed_products import packed_for
from nmt.models.seq2seq import Seq2Seq
from nmt.models.shortlisted import Shortlisted
from nmt.search.batch_limits import BatchLimits, block_lines, forced_limits, search_limits
from nmt.search.beam import SearchModel, beam_search
from nmt.search.config import SearchConfig
from nmt.search.hypothesis import Hypothesis
from nmt.search.limits import pad_prefixes
from nmt.search.sampling import Sampling, sample
from nmt.text.shortlist import Shortlist
from nmt.text.tokenizers.tokenizer import Pieces, Tokenizer
from nmt.text.vocab import EOS, UNK

MAX_PIECES = 1000
"""Pieces of a sentence; what is longer is cut off."""

NOTHING = Pieces([], [], [], [])

Result = TypeVar("Result")


class Line(NamedTuple):
    """A line of input by its number, from 1. The target is given: the whole translation, or what it must begin with."""

    number: int
    src: Pieces
    tgt: Pieces
    src_text: str
    tgt_text: str


class Translation(NamedTuple):
    """One translation of one line, or one given pair.

    weights_TS: attention, rows = target pieces (and EOS unless cut at the longest length), columns = source pieces and
    EOS; None where there is none. logprob: natural logarithm, summed over pieces and EOS; score: what search ranked by.
    text: the target, of a given pair as it was given; src_text: the source as it was given. logprob_T: what logprob is
    the sum of, of a given pair; None from search and where a side is empty.
    """

    src: Pieces
    tgt: Pieces
    text: str
    logprob: float
    score: float
    weights_TS: np.ndarray | None
    src_text: str = ""
    logprob_T: np.ndarray | None = None


class Translator:
    """A model, or an ensemble of them, with the tokenizers of both sides. Its weights must not change."""

    def __init__(
        self,
        model: Seq2Seq | Ensemble,
        tokenizers: tuple[Tokenizer, Tokenizer],
        search: SearchConfig,
        compute: Compute,
        warn: Callable[[str], None] = lambda message: None,
    ) -> None:
        self.model, (self.src, self.tgt), self.search = model, tokenizers, search
        self.compute, self.device, self.warn = compute, compute.device, warn
        self.substitute: Callable[[str], str] = copy_word
        self.shortlist: Shortlist | None = None
        self._forced = self._searched = packed_for(
            model, torch.bfloat16 if compute.precision == "bf16" else torch.float32
        )
        self._search_compute = compute

    @property
    def has_attention(self) -> bool:
        """Whether translations carry an alignment."""
        return self.model.has_attention

    def use_lexicon(self, lexicon: Lexicon) -> None:
        """From now on unknown words are looked up before they are copied, where the search replaces them."""
        self.substitute = Substitution(lexicon, lambda word: not self.tgt.unknown_words(word))

    def use_shortlist(self, lexicon: Lexicon) -> None:
        """From now on translations are looked for among the words that the lexicon gives for each sentence."""
        self.shortlist = Shortlist(lexicon, self.tgt)

    def use_int8(self) -> None:
        """From now on search computes with 8-bit products; forced alignment does not. Errors: as `Int8Products`."""
        self._searched = Int8Products(self.model)
        self._search_compute = self.compute._replace(precision=self._searched.precision)

    def translate(self, lines: Iterable[str], search: SearchConfig | None = None) -> Iterator[list[Translation]]:
        """The n best translations of every line, in the order of the lines; an empty line has one, which is empty.

        Lines are read in blocks of a few batches, so memory does not grow with their number.
        """
        return self.complete(((line, "") for line in lines), search)

    def complete(
        self,
        pairs: Iterable[tuple[str, str]],
        search: SearchConfig | None = None,
        sampling: Sampling | None = None,
        read_ahead: int | None = None,
        first: int = 1,
    ) -> Iterator[list[Translation]]:
        """As `translate`, for lines each with a text that its translations begin with; an empty text is no constraint.

        The text is cut into whole words as any target text, and stands in the translation as the tokenizer writes it,
        unknown words included; a model of subwords may go on within its last word. With `sampling` the n translations
        are drawn at random, as a function of the seed and the line's number. `read_ahead`: lines of a block. `first`:
        number of the first line.
        """
        search = search or self.search
        limits = search_limits(search, search.beam_size if sampling is None else search.n_best, self.device)
        for block in self._blocks(pairs, read_ahead or block_lines(search), first):
            full = [line for line in block if line.src.ids]
            found = _in_batches(full, limits, lambda batch: self._search(batch, search, sampling))
            yield from (found.get(line.number, [_empty(line._replace(tgt=NOTHING, tgt_text=""))]) for line in block)

    def align(
        self, pairs: Iterable[tuple[str, str]], first: int = 1, read_ahead: int | None = None
    ) -> Iterator[Translation]:
        """The attention of given pairs (forced decoding, no search), in order. A pair with an empty side has none.
        `first`: number of the first pair; `read_ahead`: pairs of a block.

        Errors: UserError if the model has no attention.
        """
        for forced in self.force(pairs, first, read_ahead):
            if forced.weights_TS is None and forced.src.ids and forced.tgt.ids:
                raise UserError("this model has no attention, so it has no alignments")
            yield forced

    def force(
        self, pairs: Iterable[tuple[str, str]], first: int = 1, read_ahead: int | None = None
    ) -> Iterator[Translation]:
        """As `align`, for the log-probabilities of given pairs; of models without attention too."""
        limits = forced_limits(self.search)
        for block in self._blocks(pairs, read_ahead or block_lines(self.search), first):
            found = _in_batches([line for line in block if line.src.ids and line.tgt.ids], limits, self._force)
            yield from (found.get(line.number, _empty(line)) for line in block)

    def read_head(self, found: Iterable[list[Translation]]) -> Iterator[list[Translation]]:
        """The translations of each line with the weights of the model's alignment head, by force on their pieces, in
        order; as they are if the model has no head."""
        if not self.model.has_alignment_head:
            yield from found
            return
        lists, again = tee(found)
        headed = self._headed(one for entries in again for one in entries)
        for entries in lists:
            yield list(islice(headed, len(entries)))

    def _headed(self, found: Iterable[Translation]) -> Iterator[Translation]:
        limits, numbered = forced_limits(self.search), iter(enumerate(found, 1))
        while block := dict(islice(numbered, block_lines(self.search))):
            full = {number: one for number, one in block.items() if one.src.ids and one.tgt.ids}
            lines = [Line(number, one.src, one.tgt, one.src_text, one.text) for number, one in full.items()]
            forced = _in_batches(lines, limits, self._force)
            yield from (_with_weights(one, forced[n]) if n in forced else one for n, one in block.items())

    def _blocks(self, pairs: Iterable[tuple[str, str]], size: int, first: int) -> Iterator[list[Line]]:
        numbered = enumerate(pairs, first)
        while block := list(islice(numbered, size)):
            yield [
                Line(number, self._cut(self.src.encode(src), number), self._cut(self.tgt.encode(tgt), number), src, tgt)
                for number, (src, tgt) in block
            ]

    def _search(self, lines: list[Line], search: SearchConfig, sampling: Sampling | None) -> list[list[Translation]]:
        prefix_BP = pad_prefixes([line.tgt.ids for line in lines], self.device)
        if self.shortlist is None:
            found = self._found(self._searched, lines, search, sampling, prefix_BP)
        else:
            words = [self.shortlist(line.src.words).union(line.tgt.ids) for line in lines]
            model = Shortlisted(self._searched, words, self.device)
            prefix_BP = None if prefix_BP is None else model.number(prefix_BP)
            ids = model.words_U.tolist()
            found = [
                [one._replace(tokens=[ids[token] for token in one.tokens]) for one in hypotheses]
                for hypotheses in self._found(model, lines, search, sampling, prefix_BP)
            ]
        return [
            [self._translation(line, hypothesis, search.replace_unk) for hypothesis in hypotheses]
            for line, hypotheses in zip(lines, found, strict=True)
        ]

    def _found(
        self,
        model: SearchModel,
        lines: list[Line],
        search: SearchConfig,
        sampling: Sampling | None,
        prefix_BP: torch.Tensor | None,
    ) -> list[list[Hypothesis]]:
        src_BS, src_len_B = (part.to(self.device) for part in collate_source([line.src.ids for line in lines]))
        self.model.eval()
        with self._search_compute.autocast():
            if sampling is None:
                return beam_search(model, src_BS, src_len_B, search, prefix_BP)
            numbers = [line.number for line in lines]
            return sample(model, (src_BS, src_len_B), search, sampling, numbers, prefix_BP)

    def _translation(self, line: Line, hypothesis: Hypothesis, replace_unk: bool) -> Translation:
        source, given = line.src, line.tgt.pieces
        ids = [token for token in hypothesis.tokens if token != EOS]
        pieces = [*given, *self.tgt.pieces(ids[len(given) :])]
        unknown = [token == UNK and i >= len(given) for i, token in enumerate(ids)]
        if replace_unk and any(unknown):
            if hypothesis.weights_TS is None:
                raise UserError("search.replace_unk needs a model with attention")
            pieces = replace_unknown(
                pieces, unknown, hypothesis.weights_TS, source.words, source.word_ids, self.substitute
            )
        target = Pieces(ids, pieces, self.tgt.word_ids(pieces), self.tgt.words(pieces))
        text = self.tgt.decode(pieces)
        found = hypothesis
        return Translation(source, target, text, found.logprob, found.score, found.weights_TS, line.src_text)

    @torch.inference_mode()
    def _force(self, lines: list[Line]) -> list[Translation]:
        batch = collate([line.src.ids for line in lines], [line.tgt.ids for line in lines], []).to(self.device)
        self.model.eval()
        with self.compute.autocast():
            forced = self._forced.force(batch)
        weights_BTS = None if forced.weights_BTS is None else forced.weights_BTS.float().cpu().numpy()
        logprob_B, logprob_BT = forced.logprob_BT.sum(1).tolist(), forced.logprob_BT.cpu().numpy()
        return [
            Translation(
                line.src,
                line.tgt,
                line.tgt_text,
                logprob_B[row],
                logprob_B[row],
                None if weights_BTS is None else weights_BTS[row, : len(line.tgt.ids) + 1, : len(line.src.ids) + 1],
                line.src_text,
                logprob_BT[row, : len(line.tgt.ids) + 1],
            )
            for row, line in enumerate(lines)
        ]

    def _cut(self, pieces: Pieces, number: int) -> Pieces:
        if len(pieces.ids) <= MAX_PIECES:
            return pieces
        self.warn(f"line {number}: {len(pieces.ids)} pieces, only the first {MAX_PIECES} are used")
        words = pieces.words[: pieces.word_ids[MAX_PIECES - 1] + 1]
        return Pieces(pieces.ids[:MAX_PIECES], pieces.pieces[:MAX_PIECES], pieces.word_ids[:MAX_PIECES], words)


def _in_batches(lines: list[Line], limits: BatchLimits, run: Callable[[list[Line]], list[Result]]) -> dict[int, Result]:
    """The result of every line by its number; `run` gets batches of lines of similar length."""
    results: dict[int, Result] = {}
    lengths = [max(len(line.src.ids), len(line.tgt.ids)) for line in lines]
    for batch in batches_by_length(lengths, limits.sentences, limits.pieces):
        results.update(zip((lines[i].number for i in batch), run([lines[i] for i in batch]), strict=True))
    return results


def _with_weights(found: Translation, forced: Translation) -> Translation:
    """`found` with the weights of `forced`, without the row of EOS if it has none."""
    assert forced.weights_TS is not None
    rows = len(forced.weights_TS) if found.weights_TS is None else len(found.weights_TS)
    return found._replace(weights_TS=forced.weights_TS[:rows])


def _empty(line: Line) -> Translation:
    return Translation(line.src, line.tgt, line.tgt_text, 0.0, 0.0, None, line.src_text)
