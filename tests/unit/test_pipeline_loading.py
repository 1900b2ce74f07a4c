"""Search settings changed by flags; names of checkpoints; what an ensemble must share."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from nmt.errors import UserError
from nmt.pipeline.loading import Member, changed_search, check_fit, load_translator
from nmt.search.config import SearchConfig
from nmt.text.tokenizers.word import Word
from nmt.text.vocab import Vocab


@pytest.mark.parametrize(
    ("beam", "n_best", "expected"),
    [
        (None, None, (5, 1)),
        (2, None, (2, 1)),
        (None, 3, (5, 3)),
        (None, 8, (8, 8)),
        (4, 4, (4, 4)),
        (1, None, (1, 1)),
    ],
)
def test_flags(beam, n_best, expected):
    search = changed_search(SearchConfig(beam_size=5, coverage_penalty=0.2), beam, n_best)
    assert (search.beam_size, search.n_best) == expected
    assert search.coverage_penalty == 0.2


@pytest.mark.parametrize(
    ("section", "replace_unk", "forbid_unk", "expected"),
    [
        ({}, None, False, (False, False)),
        ({}, None, True, (False, True)),
        ({"replace_unk": True}, None, False, (True, False)),
        ({"replace_unk": True}, None, True, (False, True)),
        ({"forbid_unk": True}, None, False, (False, True)),
        ({"forbid_unk": True}, False, False, (False, True)),
    ],
)
def test_flags_for_unknown_words(section, replace_unk, forbid_unk, expected):
    search = changed_search(SearchConfig(**section), None, None, replace_unk, forbid_unk)
    assert (search.replace_unk, search.forbid_unk) == expected


def test_forbidden_words_cannot_be_replaced():
    with pytest.raises(UserError, match="^--replace-unk: nothing to replace, --forbid-unk leaves none$"):
        changed_search(SearchConfig(), replace_unk=True, forbid_unk=True)
    with pytest.raises(UserError, match="^--replace-unk: nothing to replace, the run's config has search.forbid_unk$"):
        changed_search(SearchConfig(forbid_unk=True), replace_unk=True)


def test_n_best_of_the_config_is_not_printed_unasked():
    assert changed_search(SearchConfig(beam_size=5, n_best=3), None, None).n_best == 1


def test_n_best_beyond_the_beam():
    with pytest.raises(UserError, match="^--nbest 5 is larger than --beam 4$"):
        changed_search(SearchConfig(), 4, 5)


@pytest.mark.parametrize("name", ["newest", "", "-1", "1.5", "step-00000001"])
def test_checkpoints_have_three_kinds_of_names(tmp_path, name):
    with pytest.raises(UserError, match=f"^--checkpoint {name}: must be best, last, average or a step number$"):
        load_translator(tmp_path, name)


def member(name, src, tgt, **config):
    """A run with these words, and a tokenizer set up like that."""
    tokenizer = Word.Config(**config)
    tokenizers = (Word(tokenizer, Vocab(src.split())), Word(tokenizer, Vocab(tgt.split())))
    return Member(Path(name), None, tokenizers, SimpleNamespace(data=SimpleNamespace(tokenizer=tokenizer)))


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (("a b", "A C"), "target vocabulary"),
        (("b a", "A B"), "source vocabulary"),
        (("b", "B"), "source vocabulary"),
    ],
)
def test_members_of_an_ensemble_share_their_vocabularies(other, what):
    first = member("one", "a b", "A B")
    check_fit(first, member("two", "a b", "A B"))
    with pytest.raises(UserError, match=f"^--ensemble two: its {what} is not that of one; "):
        check_fit(first, member("two", *other))


def test_members_of_an_ensemble_share_what_they_do_to_text():
    with pytest.raises(UserError, match=r"^--ensemble two: its tokenizer \(data.tokenizer\) is not that of one; "):
        check_fit(member("one", "a", "A"), member("two", "a", "A", lowercase=True))
