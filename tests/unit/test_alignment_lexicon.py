"""A lexicon from links, its file, and what it puts in place of unknown words, all by hand."""

import numpy as np
import pytest

from nmt.alignment.alignment import Alignment
from nmt.alignment.lexicon import HEADER, Entry, count_translations, entries, read_lexicon, write_lexicon
from nmt.alignment.record import AlignmentRecord
from nmt.alignment.substitution import Substitution
from nmt.alignment.unk import replace_unknown
from nmt.errors import DataError


def record(src: str, tgt: str, links: list[tuple[int, int]]) -> AlignmentRecord:
    weights_TS = np.zeros((len(tgt.split()), len(src.split())), np.float32)
    return AlignmentRecord(0, src, tgt, Alignment(src.split(), tgt.split(), weights_TS, "word", False), links)


RECORDS = [
    record("the dog sleeps", "der Hund schläft", [(0, 0), (1, 1), (2, 2)]),
    record("the dog", "der Dackel", [(0, 0), (1, 1)]),
    record("a dog , a dog", "ein Hund , ein Hund", [(0, 0), (1, 1), (3, 3), (4, 4)]),
    record("", "", []),
]


def test_links_are_counted() -> None:
    counts = count_translations(iter(RECORDS))
    assert {word: dict(found) for word, found in counts.items()} == {
        "the": {"der": 2},
        "dog": {"Hund": 3, "Dackel": 1},
        "sleeps": {"schläft": 1},
        "a": {"ein": 2},
    }
    assert entries(counts, min_count=2) == [
        Entry("a", "ein", 2, 1.0),
        Entry("dog", "Hund", 3, 0.75),
        Entry("the", "der", 2, 1.0),
    ]
    assert [entry.tgt for entry in entries(counts) if entry.src == "dog"] == ["Hund", "Dackel"]
    assert [entry.tgt for entry in entries(counts, min_share=0.26) if entry.src == "dog"] == ["Hund"]
    assert entries({}) == []


def test_the_file(tmp_path) -> None:
    path = tmp_path / "lexicon.tsv"
    with path.open("wb") as stream:
        write_lexicon(stream, entries(count_translations([*RECORDS, record("a|b", "x", [(0, 0)])])))
    expected = ["a\tein\t2\t1.0000", "a&#124;b\tx\t1\t1.0000", "dog\tHund\t3\t0.7500", "dog\tDackel\t1\t0.2500"]
    expected += ["sleeps\tschläft\t1\t1.0000", "the\tder\t2\t1.0000"]
    assert path.read_text(encoding="utf-8").split("\n") == [HEADER, *expected, ""]
    assert read_lexicon(path) == {
        "a": ["ein"],
        "a|b": ["x"],
        "dog": ["Hund", "Dackel"],
        "sleeps": ["schläft"],
        "the": ["der"],
    }


def test_a_lexicon_made_by_hand(tmp_path) -> None:
    path = tmp_path / "own"
    path.write_bytes(b"dog\tDackel\ncat\tKatze\nsource\ttarget\ndog\tHund\tmore\n")
    assert read_lexicon(path) == {"dog": ["Dackel", "Hund"], "cat": ["Katze"], "source": ["target"]}


@pytest.mark.parametrize("line", [b"dog Hund", b"dog\t", b"\tHund", b"", b"dog\t \t3"])
def test_what_is_no_entry(tmp_path, line) -> None:
    path = tmp_path / "own"
    path.write_bytes(b"cat\tKatze\n" + line + b"\n")
    with pytest.raises(DataError, match=r"own:2: expected a source and a target word with a tab between them"):
        read_lexicon(path)


KNOWN = {"der", "Hund", "Straße", "London"}
LEXICON = {
    "dog": ["Hund", "Dackel"],  # the model can write Hund, so it meant another word
    "the": ["der"],
    "Kowalski": ["Frau", "Kowalski"],
    "london": ["London"],
    "badger": ["Dachs"],
    "4": ["vier"],
}


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("dog", "Dackel"),
        ("the", "der"),
        ("badger", "Dachs"),
        ("Badger", "Dachs"),
        ("Dog", "Dackel"),
        ("The", "Der"),
        ("THE", "Der"),
        ("Kowalski", "Kowalski"),  # a name that once stood unchanged
        ("Smith", "Smith"),
        ("4", "4"),
        ("1,250.5", "1,250.5"),
        ("B2B", "B2B"),
        ("?", "?"),
    ],
)
def test_what_is_written_for_a_source_word(word, expected) -> None:
    assert Substitution(LEXICON, KNOWN.__contains__)(word) == expected


def test_the_word_with_the_most_attention_is_looked_up() -> None:
    # 4 pieces of 3 words and EOS: the second row has 0.7 on dog by its two pieces, the third all of it on EOS
    weights_TS = np.array([[0.9, 0, 0, 0, 0.1], [0.1, 0.4, 0.3, 0.2, 0], [0, 0, 0, 0, 1]], np.float32)
    pieces, unknown = ["<unk>", "<unk>", "<unk>"], [False, True, True]
    substitute = Substitution(LEXICON, KNOWN.__contains__)
    replaced = replace_unknown(pieces, unknown, weights_TS, ["the", "dog", "Smith"], [0, 1, 1, 2], substitute)
    assert replaced == ["<unk>", "Dackel", "<unk>"]
