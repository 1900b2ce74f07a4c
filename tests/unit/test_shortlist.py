"""Translation among a few words: the model's own where they are all words, and never another one than allowed."""

import pytest
import torch

from nmt.data.batch import collate_source
from nmt.device import Compute
from nmt.models.config import ModelConfig
from nmt.models.ensemble import Ensemble
from nmt.models.seq2seq import Seq2Seq
from nmt.models.shortlisted import Shortlisted
from nmt.search.beam import beam_search
from nmt.search.config import SearchConfig
from nmt.search.sampling import Sampling
from nmt.text.shortlist import Shortlist
from nmt.text.tokenizers.char import Char
from nmt.text.tokenizers.word import Word
from nmt.text.vocab import EOS, Vocab
from nmt.translator import Translator

WORDS = "a b c d e f g h".split()
TARGETS = "A B C D E F G H x y z".split()
LINES = ["a b", "c d e f", "a", "h g f e d", "b b", "", "c a"]


def model_of(seed):
    data = {
        "embedding": {"dim": 5},
        "encoder": {"type": "rnn", "dim": 4},
        "decoder": {"type": "luong", "dim": 6, "attention": {"scorer": {"type": "general"}}},
    }
    model = Seq2Seq(ModelConfig.model_validate(data), src_vocab=len(WORDS) + 4, tgt_vocab=len(TARGETS) + 4)
    torch.manual_seed(seed)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, 0, 1.0)
    with torch.no_grad():
        model.projection.bias[EOS] = 1.5
    return model


def translator_of(model, **search):
    tokenizers = Word(Word.Config(), Vocab(WORDS)), Word(Word.Config(), Vocab(TARGETS))
    return Translator(model, tokenizers, SearchConfig(**search), Compute(torch.device("cpu"), "fp32"))


def both(*members):
    return Ensemble(list(members)) if len(members) > 1 else members[0]


@pytest.fixture(params=[1, 2], ids=["model", "ensemble"])
def model(request):
    return both(*map(model_of, range(request.param)))


@pytest.fixture
def frequent(monkeypatch):
    """No words but the special symbols are everyone's."""
    monkeypatch.setattr("nmt.text.shortlist.Shortlist.__init__.__defaults__", (0, 2))


def shown(found):
    return [[(one.text, one.logprob, one.score, one.weights_TS.tolist()) for one in hypotheses] for hypotheses in found]


def full(lines):
    return [line for line in lines if line]


@pytest.mark.parametrize("sampling", [None, Sampling(seed=2)], ids=["beam", "sample"])
def test_among_all_words_it_is_the_model(model, sampling):
    translator = translator_of(model, beam_size=4, n_best=3)
    pairs = [(line, prefix) for line in full(LINES) for prefix in ("", "B x")]
    free = shown(translator.complete(pairs, sampling=sampling))
    translator.use_shortlist({})
    assert shown(translator.complete(pairs, sampling=sampling)) == free


def test_among_some_words_it_is_the_model_that_cannot_say_the_others(model, frequent):
    """The others are made impossible in the model itself, for one sentence at a time."""
    lexicon = {word: [word.upper(), "x", "y"] for word in "abcdefg"}
    translator = translator_of(model, beam_size=4, n_best=3, batch_sentences=4)
    translator.use_shortlist(lexicon)
    found = list(translator.translate(LINES))
    assert found[5][0].text == ""
    for line, hypotheses in zip(LINES, found, strict=True):
        if not line:
            continue
        allowed = {4 + TARGETS.index(t) for word in line.split() for t in lexicon.get(word, [])[:2]} | {0, 1, 2, 3}
        members = model.members if isinstance(model, Ensemble) else [model]
        kept = [member.projection.bias.detach().clone() for member in members]
        with torch.no_grad():
            for member in members:
                member.projection.bias[[i for i in range(len(TARGETS) + 4) if i not in allowed]] = -1e9
        (expected,) = translator_of(model, beam_size=4, n_best=3).translate([line])
        with torch.no_grad():
            for member, bias in zip(members, kept, strict=True):
                member.projection.bias.copy_(bias)
        assert [one.text for one in hypotheses] == [one.text for one in expected]
        assert [one.score for one in hypotheses] == pytest.approx([one.score for one in expected], abs=1e-5)
        assert {i for one in hypotheses for i in one.tgt.ids} <= allowed


def test_a_prefix_may_be_of_other_words(model, frequent):
    translator = translator_of(model, beam_size=3)
    translator.use_shortlist({"a": ["A"]})
    (found,) = translator.complete([("a b", "z H")])
    assert found[0].tgt.pieces[:2] == ["z", "H"]
    assert set(found[0].tgt.pieces[2:]) <= {"A", "z", "H", "⁇"}


def test_words_of_a_sentence():
    tokenizer = Word(Word.Config(), Vocab([*"ABCDEFGH"]))
    shortlist = Shortlist({"a": ["C", "D", "E"], "b": ["F G"], "c": ["unknown"]}, tokenizer, frequent=1, best=2)
    assert shortlist([]) == {0, 1, 2, 3, 4}
    assert shortlist(["a", "b"]) == {0, 1, 2, 3, 4, 6, 7, 9, 10}
    assert shortlist(["H", "c", "c"]) == {0, 1, 2, 3, 4, 11}


def test_words_become_all_their_pieces():
    tokenizer = Char(Char.Config(), Vocab([*"▁abcdef"]))
    pieces = {i for text in ("fe", "a") for i in tokenizer.encode(text).ids}
    assert Shortlist({"a": ["fe"]}, tokenizer, frequent=0)(["a"]) == pieces | {0, 1, 2, 3}


def test_two_searches_with_one_shortlist_are_alike():
    words = [{0, 1, 2, 3, 4 + sentence} for sentence in range(4)]
    listed = Shortlisted(model_of(4).eval(), words, torch.device("cpu"))
    source = collate_source([[4, 5, 6], [7], [8, 4], [5, 5, 9]])
    first, second = (beam_search(listed, *source, SearchConfig(beam_size=2)) for _ in range(2))
    assert [found[0].tokens for found in first] == [found[0].tokens for found in second]
    assert len({len(found[0].tokens) for found in first}) > 1
