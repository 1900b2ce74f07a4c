"""Subword pieces learned from raw text by SentencePiece."""

from __future__ import annotations

import io
import re
from functools import cached_property
from pathlib import Path
from random import Random
from sys import intern
from typing import Annotated, Literal

from pydantic import Field

from nmt.errors import ConfigError, DataError
from nmt.text.bpe_dropout import BPEDropout
from nmt.text.tokenizers.tokenizer import Draw, Tokenizer, drawn, names, prepare, training_texts
from nmt.text.unigram_sampling import UnigramSampler
from nmt.text.vocab import BOS, EOS, PAD, SPECIALS, UNK, VocabConfig
from nmt.text.word_marks import MARK, marked_word_ids, marked_words

MAX_TRAINING_BYTES = 4192
"""Lines longer than this teach SentencePiece nothing (its own default)."""

MAX_TRAINING_TEXTS = 1_000_000
"""Most lines that pieces are learned from; of a larger text as many are drawn, so that memory and time have a bound.
SentencePiece's own draw is not used: its random numbers are other ones in each process."""

_WORDS = re.compile(f"{MARK}?[^{MARK}]+|{MARK}")


class SentencePiece(Tokenizer, name="sentencepiece"):
    """BPE (Sennrich et al. 2016) or unigram (Kudo 2018) pieces from raw text; a `▁` in the text is read as a space.

    Trained in one thread, because the ids of unigram pieces depend on the number of threads, and on at most a
    million lines.
    """

    class Config(Tokenizer.Config):
        """How pieces are learned."""

        model: Literal["bpe", "unigram"] = "bpe"
        """Which algorithm."""

        normalization: Literal["nmt_nfkc", "nmt_nfkc_cf", "nfkc", "identity"] = "nmt_nfkc"
        """Unicode normalisation before anything else: NFKC with the white space rules of NMT, the same with case
        folding, NFKC alone, or none."""

        character_coverage: Annotated[float, Field(ge=0.98, le=1)] = 1.0
        """Share of the characters of the training text that get a piece; the rarest others are unknown."""

        sampling: Annotated[float, Field(gt=0, lt=1)] | None = None
        """Draw the pieces of the training text anew in each epoch (subword regularisation). With bpe the probability
        that a merge is dropped, e.g. 0.1; with unigram the exponent on the probability of a segmentation, e.g. 0.2, the
        smaller the more even. Validation and translation take the best pieces. null: training does too."""

    extension = "model"

    def __init__(self, config: Config, model: bytes) -> None:
        from sentencepiece import SentencePieceProcessor

        self.config, self.algorithm, self.sampling = config, config.model, config.sampling
        self.processor = SentencePieceProcessor()
        self.processor.LoadFromSerializedProto(model)

    @cached_property
    def _ids(self) -> dict[str, int]:
        """The id of every piece of text."""
        return {self.processor.id_to_piece(i): i for i in range(len(SPECIALS), len(self))}

    @classmethod
    def fit(cls, config: Config, vocab: VocabConfig, paths: list[Path]) -> SentencePiece:
        from sentencepiece import SentencePieceTrainer

        if vocab.min_freq > 1:
            raise ConfigError(f"data.vocab.min_freq: must be 1 with tokenizer sentencepiece (got {vocab.min_freq})")
        texts = drawn(training_texts(paths, config.lowercase), MAX_TRAINING_TEXTS)
        model = io.BytesIO()
        try:
            SentencePieceTrainer.train(  # type: ignore[attr-defined]
                sentence_iterator=(text.replace(MARK, " ") for text in texts),
                model_writer=model,
                model_type=config.model,
                vocab_size=vocab.size,
                normalization_rule_name=config.normalization,
                character_coverage=config.character_coverage,
                input_sentence_size=0,
                max_sentence_length=MAX_TRAINING_BYTES,
                pad_id=PAD,
                bos_id=BOS,
                eos_id=EOS,
                unk_id=UNK,
                num_threads=1,
                minloglevel=4,
            )
        except RuntimeError as error:
            raise DataError(_explain(str(error), vocab.size, names(paths))) from None
        return cls(config, model.getvalue())

    @classmethod
    def from_bytes(cls, config: Config, data: bytes) -> SentencePiece:
        try:
            tokenizer = cls(config, data)
        except RuntimeError:
            raise ValueError("not a SentencePiece model") from None
        model = tokenizer.processor
        if (model.pad_id(), model.bos_id(), model.eos_id(), model.unk_id()) != (PAD, BOS, EOS, UNK):
            raise ValueError(f"pad, bos, eos and unk must have the ids {PAD}, {BOS}, {EOS} and {UNK}")
        return tokenizer

    def to_bytes(self) -> bytes:
        return self.processor.serialized_model_proto()

    def segment(self, text: str) -> tuple[list[int], list[str]]:
        pieces = self.processor.encode(text.replace(MARK, " "), out_type=str)
        return [self._ids.get(piece, UNK) for piece in pieces], pieces

    def encode_all(self, texts: list[str]) -> list[list[int]]:
        return self.processor.encode(self._ready(texts), out_type=int, num_threads=1)

    def sampler(self, texts: list[str]) -> Draw | None:
        """By BPE-dropout or from the unigram model, as the pieces were learned.

        SentencePiece's own sampling is not used: its random numbers are other ones in each process, seeded or not.
        """
        rate = self.sampling
        if rate is None:
            return None
        processor = self.processor
        if self.algorithm == "bpe":
            draw_word = BPEDropout(self._ids, rate).draw
        else:
            draw_word = UnigramSampler({p: (i, processor.get_score(i)) for p, i in self._ids.items()}, rate).draw
        best = processor.encode(self._ready(texts), out_type=str, num_threads=1)
        sentences = [[intern(word) for word in _WORDS.findall("".join(pieces))] for pieces in best]

        def draw(seed: str) -> list[list[int]]:
            random = Random(seed).random
            return [[i for word in words for i in draw_word(word, random)] for words in sentences]

        return draw

    def _ready(self, texts: list[str]) -> list[str]:
        return [prepare(text, self.config.lowercase).replace(MARK, " ") for text in texts]

    def pieces(self, ids: list[int]) -> list[str]:
        return [SPECIALS[i] if i < len(SPECIALS) else self.processor.id_to_piece(i) for i in ids]

    def word_ids(self, pieces: list[str]) -> list[int]:
        return marked_word_ids(pieces)

    def words(self, pieces: list[str]) -> list[str]:
        return marked_words(pieces)

    def __len__(self) -> int:
        return self.processor.get_piece_size()


def _explain(error: str, size: int, files: str) -> str:
    """SentencePiece's error in words that say what to do."""
    if found := re.search(r"value <= (\d+)", error):
        return f"vocab size {size} is too large for {files}; the largest possible is {found[1]}"
    if found := re.search(r"\d+ vs (\d+)", error):
        return f"vocab size {size} is too small for {files}; one piece for each character needs at least {found[1]}"
    if "sentences_.empty()" in error:
        return f"{files}: no line is shorter than {MAX_TRAINING_BYTES} bytes; split the lines into sentences"
    return f"{files}: sentencepiece cannot learn from this text: {' '.join(error.split())}"
