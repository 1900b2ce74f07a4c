"""Spans: where each token stands in the raw text, by hand and for any text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmt.alignment.spans import token_spans


def shown(text: str, tokens: list[str]) -> list[str | None]:
    return [None if span is None else text[slice(*span)] for span in token_spans(text, tokens)]


def test_spaces_of_any_kind_and_number() -> None:
    assert token_spans("  the   old\u00a0house ", ["the", "old", "house"]) == [(2, 5), (8, 11), (12, 17)]
    assert shown("a\u3000b\u200bc", ["a", "b", "c"]) == ["a", "b", "c"]


def test_punctuation_cut_off() -> None:
    assert token_spans("(a-b).", ["(", "a-b", ")", "."]) == [(0, 1), (1, 4), (4, 5), (5, 6)]


def test_the_same_word_twice() -> None:
    assert token_spans("a ba a", ["a", "ba", "a"]) == [(0, 1), (2, 4), (5, 6)]


def test_lower_case_and_normalised_words() -> None:
    assert shown("ÉTÉ İzmir ẞ", ["été", "i\u0307zmir", "ß"]) == ["ÉTÉ", "İzmir", "ẞ"]
    assert shown("e\u0301te\u0301 ｱﾞ ﬁne", ["été", "ア\u3099", "fine"]) == ["e\u0301te\u0301", "ｱﾞ", "ﬁne"]
    assert shown("ＡＢＣ １２", ["ABC", "12"]) == ["ＡＢＣ", "１２"]
    assert shown("\u1112\u1161\u11ab 글", ["한", "글"]) == ["\u1112\u1161\u11ab", "글"]


def test_a_character_of_two_words_is_in_both() -> None:
    # U+FDFA is a whole sentence of four words in one character
    assert token_spans("x ﷺ", ["x", "صلى", "الله", "عليه", "وسلم"]) == [(0, 1)] + [(2, 3)] * 4


def test_pieces() -> None:
    assert token_spans("Hunde  bellen", ["▁Hun", "de", "▁", "bellen"]) == [(0, 3), (3, 5), None, (7, 13)]
    assert shown("a▁b", ["▁a", "▁b"]) == ["a", "b"]


def test_marks_of_direction_and_joiners_do_not_count() -> None:
    assert shown("\u202bمی\u200cخواهم", ["میخواهم"]) == ["\u202bمی\u200cخواهم"]


ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize("word", ["soft\u00ad", "می\u200c", "\u202edog", "\u200fخواهم\u200f", ENGLAND, "\u2067a\u2069"])
def test_joiners_at_the_edge_of_a_word_belong_to_it(word: str) -> None:
    for tokens in ([word, "b"], [word.strip("\u00ad\u200c\u200f\u202e\u2067\u2069"), "b"]):
        assert shown(f"{word} b", tokens) == [word, "b"]
        assert shown(f"b {word}", tokens[::-1]) == ["b", word]
    assert shown(f"b{word}.", ["b", word, "."])[2] == "."
    assert "".join(map(str, shown(f"b{word}.", ["b", word, "."]))) == f"b{word}."


def test_spaces_of_no_width_belong_to_no_word() -> None:
    assert shown("\ufeffa\u200b b", ["a", "b"]) == ["a", "b"]


def test_a_text_that_was_cut() -> None:
    assert token_spans("a b c", ["a", "b"]) == [(0, 1), (2, 3)]


@pytest.mark.parametrize(
    ("tokens", "found"),
    [(["a", "x", "b"], 1), (["a", "bc", "x"], 2), (["a", "b", "d"], 2), (["a", "b", "c", "c"], 3)],
)
def test_from_a_token_that_the_text_does_not_go_on_with_all_are_lost(tokens: list[str], found: int) -> None:
    spans = token_spans("a b c", tokens)
    assert None not in spans[:found]
    assert spans[found:] == [None] * (len(tokens) - found)


def test_an_empty_token_loses_nothing() -> None:
    assert token_spans("a b", ["a", "", "b"]) == [(0, 1), None, (2, 3)]


@given(st.text(max_size=30))
@settings(max_examples=200, deadline=None)
def test_words_between_spaces_are_found_in_any_text(text: str) -> None:
    words = text.split()
    before = 0
    for word, span in zip(words, token_spans(text, words), strict=True):
        if span is None:
            continue
        assert before <= span[0] < span[1] <= len(text)
        assert text[slice(*span)] in word
        before = span[1]


@given(st.lists(st.text("aäß漢ق", min_size=1, max_size=4), max_size=6), st.lists(st.sampled_from([" ", "  ", "\t"])))
@settings(max_examples=100, deadline=None)
def test_the_text_of_a_span_is_the_word(words: list[str], spaces: list[str]) -> None:
    gaps = [*spaces, *[" "] * len(words)]
    text = "".join(gap + word for gap, word in zip(gaps, words, strict=False))
    assert shown(text, words) == words
