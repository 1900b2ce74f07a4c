"""The `data` section."""

import pytest
from pydantic import ValidationError

from nmt.config.schema import json_schema
from nmt.data.config import BatchingConfig, DataConfig
from nmt.text.tokenizers.char import Char
from nmt.text.tokenizers.sentencepiece import SentencePiece

FILES = {"src": "a.de", "tgt": "a.en"}


def test_defaults():
    config = DataConfig.model_validate({"train": FILES, "valid": FILES})
    assert config.tokenizer == SentencePiece.Config()
    assert config.batching == BatchingConfig(sentences=64, pool=100)
    assert config.test == {} and config.max_length == 100 and config.on_empty == "skip"
    assert (config.src_lang, config.tgt_lang) == ("src", "tgt")


def test_round_trip():
    values = {
        "train": FILES,
        "valid": FILES,
        "test": {"flickr": {**FILES, "align": "gold"}, "plain": FILES},
        "tokenizer": {"type": "char", "lowercase": True},
        "batching": {"max_tokens": 2000},
    }
    config = DataConfig.model_validate(values)
    assert config.tokenizer == Char.Config(lowercase=True)
    assert config.test["flickr"].align == "gold" and config.test["plain"].align is None
    assert DataConfig.model_validate(config.model_dump()) == config


@pytest.mark.parametrize(
    "given, max_tokens, sentences",
    [
        ({}, None, 64),
        ({"pool": 5}, None, 64),
        ({"sentences": 8}, None, 8),
        ({"max_tokens": 100}, 100, None),
        ({"max_tokens": 100, "sentences": None}, 100, None),
        ({"max_tokens": None, "sentences": None}, None, 64),
    ],
)
def test_one_limit(given, max_tokens, sentences):
    config = BatchingConfig.model_validate(given)
    assert (config.max_tokens, config.sentences) == (max_tokens, sentences)
    assert BatchingConfig.model_validate(config.model_dump()) == config


@pytest.mark.parametrize(
    "values",
    [
        {"max_tokens": 10, "sentences": 2},
        {"max_tokens": 0},
        {"sentences": 0},
        {"sentences": True},
        {"pool": 0},
        {"poool": 1},
        [],
    ],
)
def test_refused_batching(values):
    with pytest.raises(ValidationError):
        BatchingConfig.model_validate(values)


@pytest.mark.parametrize(
    "values",
    [
        {"tokenizer": {"type": "bpe"}},
        {"tokenizer": {"type": "word", "model": "bpe"}},
        {"tokenizer": {"type": "sentencepiece", "character_coverage": 0.5}},
        {"on_empty": "keep"},
        {"max_length": 0},
        {"train": {"src": "a"}},
        {"train": {**FILES, "align": "gold"}},
    ],
)
def test_refused_data(values):
    with pytest.raises(ValidationError):
        DataConfig.model_validate({"train": FILES, "valid": FILES, **values})


def test_every_field_has_a_description():
    schema = json_schema(DataConfig)
    for section in [schema, *schema["$defs"].values()]:
        for name, field in section["properties"].items():
            assert name in ("type",) or "description" in field, (section["title"], name)
