"""`nmt config init`: the template reads like a manual page and loads back to the defaults."""

from __future__ import annotations

import pytest
from pydantic import Field, model_validator

from nmt.config.component import Section
from nmt.config.loader import load_config
from nmt.config.template import commented_template

from .test_config_models import Concat, Luong, Pair, Toy

EXPECTED = """\
# yaml-language-server: $schema=./nmt.schema.json
# The keys of types that are not chosen here: docs/config.md of the project, nmt.schema.json.

# Seed of all randomness.
seed: 1

plugins: []

# Text to learn from.
data:
  # One parallel corpus.
  train:
    # Source text, one sentence a line.
    src: data/train.src
    # Target text.
    tgt: data/train.tgt
  test: {}
  lexicons: []
  # Pretrained word vectors.
  # vectors: null
  src_lang: de
  vocab_size: 8000
  batching:
    sentences: 64
    # max_tokens: null

model:
  hidden_size: 256
  dropout: 0.2
  # Attention after the state update.
  decoder:
    # type: one of bahdanau, luong, plain
    type: luong
    # Width H of the decoder.
    dim: 256
    input_feeding: true
    # Where the decoder looks.
    attention:
      # How a query scores the memory.
      scorer:
        # type: one of concat, dot, general
        type: general

train:
  # Learning rate.
  lr: 0.001
  clip_norm: 1.0
  # One of bleu, chrf, loss.
  metric: bleu
  threads: auto
  betas:
  - 0.9
  - 0.999
  # Average the weights of several checkpoints; a description that is long enough to need a second line in the
  # template, where comments are wrapped.
  # type: one of ema, last_n
  # average: null
"""


def test_the_whole_template():
    assert commented_template(Toy) == EXPECTED


def test_the_template_gives_the_defaults(tmp_path):
    path = tmp_path / "my.yaml"
    path.write_text(commented_template(Toy), encoding="utf-8")
    expected = load_config(
        Toy, None, [f"data.train={{src: {tmp_path}/data/train.src, tgt: {tmp_path}/data/train.tgt}}"]
    )
    assert load_config(Toy, path) == expected


def test_commented_keys_can_be_uncommented(tmp_path):
    path = tmp_path / "my.yaml"
    path.write_text(commented_template(Toy).replace("# vectors:", "vectors:"), encoding="utf-8")
    assert load_config(Toy, path).data.vectors is None


def test_lines_are_at_most_110_columns():
    assert max(map(len, commented_template(Toy).split("\n"))) <= 110


class Empty(Section):
    """Nothing to set."""


class Limits(Section):
    steps: int | None = None

    @model_validator(mode="after")
    def _has_a_limit(self) -> Limits:
        assert self.steps is not None, "give steps"
        return self


class Corpus(Section):
    limits: Limits = Field(examples=[{"steps": 9}])
    pair: Pair = Pair(src="a", tgt="b")
    name: str = Field(examples=["flickr"])
    empty: Empty = Empty()
    decoder: Luong.Config = Luong.Config(dim=7)
    scorer: Concat.Config = Concat.Config()


def test_given_values_examples_and_empty_sections():
    text = commented_template(Corpus)
    assert "\nlimits:\n  steps: 9\n" in text
    assert "  src: a\n" in text
    assert "\nname: flickr\n" in text
    assert "# Nothing to set.\nempty: {}\n" in text
    assert "  # Width H of the decoder.\n  dim: 7\n" in text
    assert "# score = v tanh(W [h_t; h_s])\nscorer:\n" in text


def test_a_required_key_without_an_example_is_a_bug():
    class Bare(Section):
        name: str

    with pytest.raises(TypeError, match="name: a required key needs Field"):
        commented_template(Bare)
