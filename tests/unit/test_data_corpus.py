"""The numbered corpus and its report."""

import json
from pathlib import Path

import pytest

from nmt.data.config import ParallelFiles
from nmt.data.corpus import Corpus, load_corpus
from nmt.errors import DataError
from nmt.text.tokenizers.char import Char
from nmt.text.tokenizers.sentencepiece import SentencePiece
from nmt.text.tokenizers.word import Word
from nmt.text.vocab import UNK, Vocab, VocabConfig

WORDS = Word(Word.Config(), Vocab(["a", "b", "c"]))
BOTH = (WORDS, WORDS)


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(src: str, tgt: str) -> ParallelFiles:
        Path("train.de").write_text(src, encoding="utf-8", newline="\n")
        Path("train.en").write_text(tgt, encoding="utf-8", newline="\n")
        return ParallelFiles(src="train.de", tgt="train.en")

    return write


def test_ids_and_line_numbers(files):
    corpus, report = load_corpus(files("a b\n\nc\na\n\nb\n", "b\na\n\nc c c\n\nx\n"), BOTH, max_length=2)
    assert corpus == Corpus(src=[[4, 5], [5]], tgt=[[5], [UNK]], line=[1, 6])
    assert len(corpus) == 2
    assert (report["lines"], report["kept"]) == (6, 2)
    assert report["skipped"] == {
        "empty": {"count": 1, "numbers": [5]},
        "empty_src": {"count": 1, "numbers": [2]},
        "empty_tgt": {"count": 1, "numbers": [3]},
        "too_long": {"count": 1, "numbers": [4]},
    }
    assert report["warnings"] == [
        "train.de: 4 of 6 pairs skipped (66.7%): empty 1, empty_src 1, empty_tgt 1, too_long 1"
    ]
    assert report["tgt"]["unknown_rate"] == 0.5 and report["src"]["unknown_rate"] == 0
    assert (report["src"]["mean_length"], report["src"]["max_length"]) == (1.5, 2)
    assert (report["src"]["path"], report["tgt"]["path"]) == ("train.de", "train.en")
    json.dumps(report)


def test_without_a_length_limit_nothing_is_too_long(files):
    corpus, _ = load_corpus(files("a\n", "b " * 1000 + "\n"), BOTH)
    assert len(corpus.tgt[0]) == 1000


@pytest.mark.parametrize("blank", ["", " ", "\t", "\u00a0", "\u3000", "\u200b", "\ufeff ", "\0"])
@pytest.mark.parametrize("kind", ["word", "char", "sentencepiece"])
def test_blank_lines_are_empty(files, blank, kind):
    both = files(f"a b\n{blank}\nb\n", "a\nb\nb\n")
    config = {"word": Word.Config(), "char": Char.Config(), "sentencepiece": SentencePiece.Config()}[kind]
    tokenizer = config.component.fit(config, VocabConfig(size=8), [Path("train.de")])
    corpus, report = load_corpus(both, (tokenizer, tokenizer))
    assert corpus.line == [1, 3]
    assert report["skipped"]["empty_src"] == {"count": 1, "numbers": [2]}


def test_first_twenty_line_numbers(files):
    _, report = load_corpus(files("a\n" + "\n" * 30, "a\n" + "\n" * 30), BOTH)
    assert report["skipped"]["empty"] == {"count": 30, "numbers": list(range(2, 22))}


def test_one_percent_is_no_warning(files):
    _, report = load_corpus(files("a\n" * 99 + "\n", "a\n" * 100), BOTH)
    assert report["warnings"] == []


def test_counts(files):
    src = "a\na\na\nb\nb\na\nA\u0308\n"
    tgt = "b\nb\na\nb\n" + "b " * 10 + "\n" + "b " * 9 + "\nb\n"
    _, report = load_corpus(files(src, tgt), BOTH)
    assert report["duplicates"] == 1
    assert report["suspicious"] == {
        "copy": {"count": 2, "numbers": [3, 4]},
        "extreme_ratio": {"count": 1, "numbers": [5]},
        "other_numbers": {"count": 0, "numbers": []},
    }
    assert report["src"]["not_nfc"] == 1 and report["tgt"]["not_nfc"] == 0


def test_oddities_are_noted(files):
    _, report = load_corpus(files("\ufeffa\r\nb\0\n", "a\nb\x0b\n"), BOTH)
    assert {key: report["src"][key] for key in ("bom", "crlf", "nul", "control")} == {
        "bom": 1,
        "crlf": 1,
        "nul": 1,
        "control": 0,
    }
    assert report["tgt"]["control"] == 1
    assert report["warnings"] == ["train.de: NUL bytes in 1 lines, read as spaces"]


@pytest.mark.parametrize(
    "src, tgt, message",
    [
        ("a\n\na\n", "a\nb\na\n", "train.de:2: empty line, train.en:2 is not"),
        ("a\nb\na\n\n", "a\nb\n \nc\n", "train.en:3: empty line, train.de:3 is not"),
    ],
)
def test_on_empty_error(files, src, tgt, message):
    with pytest.raises(DataError) as caught:
        load_corpus(files(src, tgt), BOTH, on_empty="error")
    assert str(caught.value) == message


def test_on_empty_error_allows_pairs_without_text(files):
    corpus, _ = load_corpus(files("a\n\nb\n", "a\n\nb\n"), BOTH, on_empty="error")
    assert corpus.line == [1, 3]


@pytest.mark.parametrize(
    "src, tgt, max_length, message",
    [
        ("a b a\nb b b b\n", "a\nb\n", 2, "train.de: no sentence is shorter than max_length 2 (shortest 3)"),
        ("a\nb\n", "a b a\n\n", 2, "train.en: no sentence is shorter than max_length 2 (shortest 3)"),
        ("\n \n", "a\nb\n", 2, "train.de: every line is empty"),
        ("a\n", "\n", None, "train.en: every line is empty"),
        ("a\n\n", "\nb\n", None, "train.de: no pair has text on both sides"),
        ("a\nb b\n", "a a\nb\n", 1, "train.de: no pair has text on both sides, each within max_length 1"),
    ],
)
def test_nothing_left(files, src, tgt, max_length, message):
    with pytest.raises(DataError) as caught:
        load_corpus(files(src, tgt), BOTH, max_length)
    assert str(caught.value) == message


def test_unequal_files_come_before_everything_else(files):
    with pytest.raises(DataError, match="train.de has 2 lines, train.en 1; first unpaired line: train.de:2"):
        load_corpus(files("\n\n", "a\n"), BOTH, on_empty="error")
