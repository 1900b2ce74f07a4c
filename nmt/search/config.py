"""The `search` section of a config."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, PositiveInt, model_validator

from nmt.config.component import OneOf, Section
from nmt.search.penalties import GNMTPenalty, LengthPenalty


class SearchConfig(Section):
    """How translations are found; `nmt translate` overrides it with its flags."""

    beam_size: PositiveInt = Field(default=5, le=10_000)
    """Hypotheses kept at every step; 1 is greedy search."""
    n_best: PositiveInt = 1
    """Translations that the library returns for a sentence, at most beam_size; commands give one, or `--nbest N`."""
    max_length_ratio: float = Field(default=2.0, gt=0)
    """Longest translation in tokens, as a multiple of the source's (with EOS on both sides)."""
    length_penalty: Annotated[LengthPenalty.Config, OneOf(LengthPenalty)] = GNMTPenalty.Config()
    """How hypotheses of different length are compared."""
    coverage_penalty: float = Field(default=0.0, ge=0)
    """Weight of log(min(attention received, 1)), summed over the source (Wu et al. 2016, eq. 14, beta); 0 is none."""
    replace_unk: bool = False
    """Replace each unknown target word by the source word with the most attention (Luong et al. 2015b)."""
    forbid_unk: bool = False
    """Never write an unknown word, but the next best word (Bahdanau et al. 2014, table 1, "No UNK"). A given beginning
    may hold one."""
    batch_sentences: PositiveInt | None = None
    """Sentences translated together, or aligned; fewer of long ones and with a wide beam, so that memory is bounded.
    null: 256, but 1024 to translate on a GPU by one process."""

    @model_validator(mode="after")
    def _n_best_fits(self) -> SearchConfig:
        if self.n_best > self.beam_size:
            raise ValueError(f"n_best {self.n_best} is larger than beam_size {self.beam_size}")
        return self

    @model_validator(mode="after")
    def _has_unknown_words_to_replace(self) -> SearchConfig:
        if self.replace_unk and self.forbid_unk:
            raise ValueError("replace_unk has nothing to replace with forbid_unk; leave one of them out")
        return self
