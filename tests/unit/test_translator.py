"""Translator with a word tokenizer and a random model."""

import numpy as np
import pytest
import torch

from nmt import translator as translator_module
from nmt.device import Compute
from nmt.errors import UserError
from nmt.models.config import ModelConfig
from nmt.models.seq2seq import Seq2Seq
from nmt.search import batch_limits
from nmt.search.config import SearchConfig
from nmt.search.sampling import Sampling
from nmt.text.tokenizers.word import Word
from nmt.text.vocab import EOS, UNK, Vocab
from nmt.translator import Translator

ATTENTION = {"type": "luong", "dim": 6, "layers": 1, "attention": {"scorer": {"type": "general"}}}
PLAIN = {"type": "plain", "dim": 6}
WORDS = "a b c d e f".split()


def make(decoder=ATTENTION, warn=lambda message: None, **search):
    """A translator whose outputs have all lengths from 1 to the longest."""
    src, tgt = (Word(Word.Config(), Vocab(words)) for words in (WORDS, [word.upper() for word in WORDS]))
    data = {"embedding": {"dim": 5}, "encoder": {"type": "rnn", "dim": 4}, "decoder": decoder}
    model = Seq2Seq(ModelConfig.model_validate(data), src_vocab=len(src), tgt_vocab=len(tgt))
    torch.manual_seed(1)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, 0, 1.0)
    bias_unknown_and_end(model, -9.0, 1.0)
    made = Translator(model, (src, tgt), SearchConfig(**search), Compute(torch.device("cpu"), "fp32"), warn)
    made.precision = "fp32"
    return made


@torch.no_grad()
def bias_unknown_and_end(model, unknown, end):
    model.projection.bias[UNK], model.projection.bias[EOS] = unknown, end


def lines(count):
    random = np.random.default_rng(3)
    return [" ".join(random.choice(WORDS, size=random.integers(1, 7))) for _ in range(count)]


def test_order_is_restored_over_batches_and_blocks():
    translator, texts = make(batch_sentences=2, beam_size=3, n_best=2), lines(45)
    together = list(translator.translate(texts))
    assert [found[0].src.words for found in together] == [text.split() for text in texts]
    for text, found in zip(texts, together, strict=True):
        (alone,) = translator.translate([text])
        assert [item.text for item in alone] == [item.text for item in found]
        assert [item.score for item in alone] == pytest.approx([item.score for item in found], abs=1e-5)


def test_lines_are_read_in_blocks(monkeypatch):
    """The first results come before the last line was read."""
    monkeypatch.setattr(batch_limits, "BATCHES_READ", 1)
    read = []
    found = make(batch_sentences=2).translate(read.append(line) or line for line in ["a", "b", "c", "d", "e"])
    next(found)
    assert read == ["a", "b"]


def watch_batches(translator, monkeypatch):
    """The words of each source in each batch that is searched from now on."""
    batches, start = [], translator.model.start

    def watched(src_BS, src_len_B):
        batches.append([length - 1 for length in src_len_B.tolist()])
        return start(src_BS, src_len_B)

    monkeypatch.setattr(translator.model, "start", watched)
    return batches


def test_long_lines_go_in_small_batches(monkeypatch):
    """Of 1, 1, 2, 3, 3, 5 and 9 words: at most 4 lines, and 6 words with padding, or a single line."""
    monkeypatch.setattr(batch_limits, "ON_PROCESSOR", batch_limits.ON_PROCESSOR._replace(pieces=6))
    translator = make(batch_sentences=4, beam_size=2)
    batches = watch_batches(translator, monkeypatch)
    texts = [" ".join(["a"] * length) for length in (9, 1, 3, 2, 5, 1, 3)]
    assert [found[0].src_text for found in translator.translate(texts)] == texts
    assert batches == [[1, 1, 2], [3, 3], [5], [9]]
    pairs = [(text, "A B C") for text in texts]
    assert [forced.src_text for forced in translator.force(pairs)] == texts


def test_a_wide_beam_or_many_samples_make_batches_small(monkeypatch):
    monkeypatch.setattr(batch_limits, "ON_PROCESSOR", batch_limits.ON_PROCESSOR._replace(hypotheses=6))
    translator = make(beam_size=3, n_best=2)
    batches = watch_batches(translator, monkeypatch)
    list(translator.translate(["a"] * 5))
    list(translator.complete([("a", "")] * 5, sampling=Sampling(seed=1)))
    list(translator.translate(["a"] * 2, translator.search.model_copy(update={"beam_size": 9})))
    assert [*map(len, batches)] == [2, 2, 1, 3, 2, 1, 1]


@pytest.mark.parametrize(
    ("device", "chosen", "beam", "expected"),
    [
        ("cpu", None, 5, (256, 16_384)),
        ("cpu", None, 10, (204, 16_384)),
        ("cuda", None, 5, (1024, 65_536)),
        ("cuda", None, 10, (819, 65_536)),
        ("cuda", 64, 5, (64, 65_536)),
        ("cuda", 2000, 1, (2000, 65_536)),
        ("cuda", 2000, 9000, (1, 65_536)),
    ],
)
def test_a_gpu_gets_larger_batches_where_the_config_does_not_say(device, chosen, beam, expected):
    search = SearchConfig(batch_sentences=chosen)
    assert batch_limits.search_limits(search, beam, torch.device(device))[:2] == expected
    assert batch_limits.forced_limits(search)[:2] == (chosen or 256, 16_384)
    assert batch_limits.block_lines(search) == 8 * (chosen or 256)


def test_batches_are_those_of_the_device(monkeypatch):
    translator, given, limits = make(beam_size=2), [], batch_limits.BatchLimits(2, 99, 9)
    monkeypatch.setattr(translator_module, "search_limits", lambda *arguments: given.append(arguments) or limits)
    assert len(list(translator.translate(["a", "b", "c"]))) == 3
    assert given == [(translator.search, 2, translator.device)]


def test_an_empty_line_gives_an_empty_line():
    found = list(make(beam_size=3, n_best=2).translate(["", "a b", "  \t ", "c"]))
    for (item,) in (found[0], found[2]):
        assert (item.text, item.tgt.ids, item.weights_TS, item.logprob) == ("", [], None, 0.0)
    assert len(found[1]) == 2
    assert all(items[0].text for items in (found[1], found[3]))
    assert list(make().translate([])) == []
    assert [items[0].text for items in make().translate(["", ""])] == ["", ""]


def test_an_overlong_line_is_cut_with_a_warning(monkeypatch):
    monkeypatch.setattr(translator_module, "MAX_PIECES", 3)
    warnings = []
    translator = make(warn=warnings.append)
    (fits,), (cut,) = translator.translate(["a b c", "a b c d e"])
    assert warnings == ["line 2: 5 pieces, only the first 3 are used"]
    assert cut.src == fits.src
    assert cut.text == fits.text
    assert cut.weights_TS.shape == (len(cut.tgt.ids) + (len(cut.weights_TS) > len(cut.tgt.ids)), 4)


def test_unknown_words_are_replaced_by_the_source_word_with_the_most_attention():
    translator = make(replace_unk=True, beam_size=1)
    bias_unknown_and_end(translator.model, 50.0, 0.0)
    ((found,),) = translator.translate(["d xyz a"])
    assert set(found.tgt.ids) == {UNK}
    expected = ["d xyz a".split()[int(row[:3].argmax())] for row in found.weights_TS]
    assert found.text == " ".join(expected)
    assert found.tgt.words == expected
    plain = make(beam_size=1)
    bias_unknown_and_end(plain.model, 50.0, 0.0)
    ((unreplaced,),) = plain.translate(["d xyz a"])
    assert unreplaced.text == " ".join(["⁇"] * len(expected))


def test_a_translation_keeps_its_source_as_it_was_given():
    texts = [" a  b", "", "c"]
    assert [items[0].src_text for items in make().translate(texts)] == texts


def test_replacement_needs_attention():
    translator = make(PLAIN, replace_unk=True, beam_size=1)
    bias_unknown_and_end(translator.model, 50.0, 0.0)
    with pytest.raises(UserError, match="replace_unk needs a model with attention"):
        list(translator.translate(["a"]))


def test_the_alignment_of_a_translation_is_that_of_the_given_pair():
    translator, texts = make(beam_size=3, batch_sentences=4), lines(12)
    found = [items[0] for items in translator.translate(texts)]
    pairs = [(text, item.text) for text, item in zip(texts, found, strict=True)]
    ended = 0
    for item, given in zip(found, translator.align(pairs), strict=True):
        rows = len(item.weights_TS)
        assert (given.text, given.tgt.ids) == (item.text, item.tgt.ids)
        np.testing.assert_allclose(given.weights_TS[:rows], item.weights_TS, rtol=0, atol=1e-5)
        if rows == len(given.weights_TS):
            assert given.logprob == pytest.approx(item.logprob, abs=1e-5)
            ended += 1
    assert ended > 3


def test_pairs_keep_their_order_and_an_empty_side_has_no_alignment():
    pairs = [("a  b c ", "A  B"), ("", "A"), ("a", ""), ("d", "C D E F"), ("b b", "zzz")]
    found = list(make(batch_sentences=2).align(pairs))
    assert [(item.src_text, item.text) for item in found] == pairs
    shapes = [None if item.weights_TS is None else item.weights_TS.shape for item in found]
    assert shapes == [(3, 4), None, None, (5, 2), (2, 3)]
    for item in (found[0], found[3], found[4]):
        np.testing.assert_allclose(item.weights_TS.sum(1), 1, rtol=1e-5)


def test_a_model_without_attention_translates_but_does_not_align():
    translator = make(PLAIN)
    ((found,),) = translator.translate(["a b"])
    assert (found.weights_TS, translator.has_attention) == (None, False)
    with pytest.raises(UserError, match="no attention"):
        list(translator.align([("a", "A")]))


def test_translation_turns_dropout_off():
    translator = make({**ATTENTION, "dropout": 0.5})
    translator.model.train()
    first, second = ([items[0].score for items in translator.translate(["a b c", "d"])] for _ in range(2))
    assert first == second


def test_translations_begin_with_the_given_text():
    """Known and unknown words, nothing, only spaces; in one batch and alone."""
    translator = make(beam_size=3, n_best=3)
    pairs = list(zip(lines(6), ["A B", "", "C zzz A", "  ", "F F F F F F F F F F F F F F", "zzz"], strict=True))
    together = list(translator.complete(pairs))
    for pair, found in zip(pairs, together, strict=True):
        words = pair[1].split()
        for item in found:
            assert item.text.split()[: len(words)] == words == item.tgt.words[: len(words)]
            assert len(item.weights_TS) >= len(words)
        (alone,) = translator.complete([pair])
        assert [item.text for item in alone] == [item.text for item in found]
        assert [item.score for item in alone] == pytest.approx([item.score for item in found], abs=1e-5)
    free = list(translator.translate([src for src, _ in pairs]))
    same = [
        [item.text for item in found] == [item.text for item in other]
        for found, other in zip(together, free, strict=True)
    ]
    assert same == [not prefix.strip() for _, prefix in pairs]


def test_unknown_words_of_the_given_text_are_not_replaced():
    translator = make(replace_unk=True, beam_size=1)
    bias_unknown_and_end(translator.model, 50.0, 0.0)
    ((found,),) = translator.complete([("d xyz a", "zzz A")])
    words = found.text.split()
    assert words[:2] == ["zzz", "A"]
    assert len(words) > 2
    assert set(words[2:]) <= {"d", "xyz", "a"}


def test_an_empty_line_stays_empty_whatever_it_should_begin_with():
    ((found,), _) = make().complete([("", "A"), ("a", "A")])
    assert (found.text, found.tgt.ids, found.tgt.words) == ("", [], [])


def test_an_overlong_beginning_is_cut_with_a_warning(monkeypatch):
    monkeypatch.setattr(translator_module, "MAX_PIECES", 3)
    warnings = []
    ((found,),) = make(warn=warnings.append).complete([("a", "A B C D E")])
    assert warnings == ["line 1: 5 pieces, only the first 3 are used"]
    assert found.text.split()[:3] == ["A", "B", "C"]


def test_samples_do_not_depend_on_batches_and_blocks():
    texts = [(line, "") for line in lines(9)]
    drawn = {
        (size, ahead): [
            [item.text for item in found]
            for found in make(batch_sentences=size, beam_size=3, n_best=3).complete(texts, None, Sampling(), ahead)
        ]
        for size, ahead in ((64, None), (2, None), (3, 1), (1, 4))
    }
    assert all(found == drawn[64, None] for found in drawn.values())
    assert len({text for found in drawn[64, None] for text in found}) > 15
    repeated = [[item.text for item in found] for found in make().complete(texts[:1] * 8, None, Sampling())]
    assert len({texts[0] for texts in repeated}) > 3


def test_the_first_result_comes_before_the_second_line_is_read():
    read = []
    pairs = ((read.append(line) or line, "") for line in ["a", "b", "c"])
    found = make().complete(pairs, read_ahead=1)
    next(found)
    assert read == ["a"]
    assert len(list(found)) == 2
