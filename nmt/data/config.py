"""The `data` section of a config: which files, how they are cut into pieces, how they become batches."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import PositiveFloat, PositiveInt, field_validator, model_validator

from nmt.config.component import FilePath, NewFolderPath, OneOf, Section
from nmt.text import tokenizers as _members  # noqa: F401  (registers the choices of `tokenizer`)
from nmt.text.tokenizers.sentencepiece import SentencePiece
from nmt.text.tokenizers.tokenizer import Tokenizer
from nmt.text.vocab import VocabConfig


class ParallelFiles(Section):
    """Two text files, plain or gzip, whose lines belong together; relative paths start at the config file."""

    src: FilePath
    """Source side, one sentence a line."""

    tgt: FilePath
    """Target side, one sentence a line."""


class MixedFiles(ParallelFiles):
    """A corpus that joins the training text."""

    weight: PositiveFloat = 1.0
    """How often each of its pairs stands in an epoch; of 2.3, 0.3 of them stand there a third time, others in each
    epoch."""


class TestFiles(ParallelFiles):
    """A test set."""

    __test__ = False

    align: FilePath | None = None
    """Gold word alignments, one line a pair, to measure the alignment error rate with."""

    align_base: Literal[0, 1] | None = None
    """The number of the first word in `align`. null: 0, for a NAACL file 1."""

    @model_validator(mode="after")
    def _base_of_what(self) -> TestFiles:
        if self.align is None and self.align_base is not None:
            raise ValueError("align_base is of the links in align; give both or neither")
        return self


class BatchingConfig(Section):
    """How sentence pairs are grouped; give `sentences` or `max_tokens`, not both."""

    max_tokens: PositiveInt | None = None
    """Most tokens of a batch, padding and EOS included, on the side that has more of them. A pair longer than this is a
    batch of its own."""

    sentences: PositiveInt | None = None
    """Sentence pairs of a batch. 64 if neither is given."""

    pool: PositiveInt = 100
    """Batches that are sorted by length together: more means less padding, fewer means more variety."""

    @model_validator(mode="before")
    @classmethod
    def _one_limit(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        given = [key for key in ("max_tokens", "sentences") if values.get(key) is not None]
        if len(given) == 2:
            raise ValueError("give max_tokens or sentences, not both")
        return values if given else {**values, "sentences": 64}


class DataConfig(Section):
    """Which text to learn from and how to prepare it."""

    train: ParallelFiles
    """What the weights and the vocabularies are learned from."""

    mix: list[MixedFiles] = []
    """More text to learn the weights from, by weight. An epoch has each pair of `train` once. Needs `prepared`."""

    prepared: NewFolderPath | None = None
    """Folder in which the training text is kept as numbers, for corpora that memory is too small for; made by `nmt
    prepare`, or by `nmt train` where it is missing. Trainings share it. null: the text is read into memory."""

    valid: ParallelFiles
    """What the best checkpoint is chosen on."""

    test: dict[str, TestFiles] = {}
    """Test sets by name."""

    src_lang: str = "src"
    """Name of the source language, for messages, reports and file names."""

    tgt_lang: str = "tgt"
    """Name of the target language."""

    tokenizer: Annotated[Tokenizer.Config, OneOf(Tokenizer)] = SentencePiece.Config()
    """How text is cut into pieces."""

    vocab: VocabConfig = VocabConfig()
    """How many pieces there are."""

    max_length: PositiveInt = 100
    """Most pieces of a side, EOS not counted. Longer pairs are left out of training and counted in the data report."""

    batching: BatchingConfig = BatchingConfig()
    """How pairs are grouped."""

    on_empty: Literal["skip", "error"] = "skip"
    """What to do with a pair that has text on one side only: leave it out and count it, or stop. Pairs without any text
    are always left out and counted."""

    @model_validator(mode="after")
    def _can_mix(self) -> DataConfig:
        if self.mix and self.prepared is None:
            raise ValueError("mix needs prepared, the folder for the mixed text")
        return self

    @field_validator("test")
    @classmethod
    def _named_like_files(cls, sets: dict[str, TestFiles]) -> dict[str, TestFiles]:
        for name in sets:
            if not re.fullmatch(r"\w[\w .+-]{0,99}", name):
                raise ValueError(f"{name!r} cannot be the name of a test set; use letters, digits and _ . + -")
        return sets
