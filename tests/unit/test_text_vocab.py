"""Vocabulary: ids of words."""

import pytest
from pydantic import ValidationError

from nmt.text.vocab import BOS, EOS, PAD, UNK, Vocab, VocabConfig


def test_ids_of_the_specials():
    assert (PAD, BOS, EOS, UNK) == (0, 1, 2, 3)


def test_most_frequent_first_and_ties_by_string():
    counts = {"b": 2, "a": 2, "z": 5, "once": 1, "rare": 1}
    assert Vocab.build(counts, size=100).tokens[4:] == ["z", "a", "b", "once", "rare"]
    assert Vocab.build(counts, size=7).tokens[4:] == ["z", "a", "b"]
    assert Vocab.build(counts, size=100, min_freq=2).tokens[4:] == ["z", "a", "b"]
    assert len(Vocab.build(counts, size=7)) == 7


def test_ids():
    vocab = Vocab(["der", "hund"])
    assert vocab.ids(["hund", "der", "katze", ""]) == [5, 4, UNK, UNK]
    assert vocab.tokens == ["<pad>", "<s>", "</s>", "⁇", "der", "hund"]


def test_special_looking_text_is_text():
    vocab = Vocab(["</s>"])
    assert vocab.ids(["<pad>", "<s>", "</s>", "⁇"]) == [UNK, UNK, 4, UNK]


def test_round_trip():
    vocab = Vocab(["der", "schläft", '"', "\\", "\u2028", "😀", "</s>"])
    assert Vocab.from_json(vocab.to_json()).tokens == vocab.tokens


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[1]", b'[""]', b'["a", "a"]', b'["a"', b"null", b"\xff\xfe", b'{"a": 1}', b"[" * 100_000],
)
def test_damaged(data):
    with pytest.raises(ValueError):
        Vocab.from_json(data)


@pytest.mark.parametrize("values", [{"size": 4}, {"min_freq": 0}, {"size": True}, {"sise": 9}])
def test_config_limits(values):
    with pytest.raises(ValidationError):
        VocabConfig.model_validate(values)
    assert VocabConfig().model_dump() == {"size": 8000, "min_freq": 1, "shared": False}
