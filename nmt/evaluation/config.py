"""The `evaluation` section of a config."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import Field, PositiveInt

from nmt.config.component import Section

BleuTokenizer = Literal["13a", "none", "intl", "char", "zh"]
BLEU_TOKENIZERS: tuple[str, ...] = get_args(BleuTokenizer)


class EvaluationConfig(Section):
    """How translations are scored."""

    bleu_tokenize: BleuTokenizer = "13a"
    """sacreBLEU's tokenizer: 13a for raw text, none for text that is tokenised already; part of the signature. TER
    parts punctuation from words unless it is none."""
    valid_beam_size: PositiveInt = Field(default=1, le=10_000)
    """Beam of the translations scored during training; 1, greedy search, costs a fraction of a beam."""
