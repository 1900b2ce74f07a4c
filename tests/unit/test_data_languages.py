"""Letter pairs and what they tell of a language."""

import pytest

from nmt.data.languages import CHARACTERS, LINES, profiles, similarity, wrong_languages

ENGLISH = ["the old man sees the dog", "she gave the child a book", "where are the other children"]
GERMAN = ["der alte Mann sieht den Hund", "sie gab dem Kind ein Buch", "wo sind die anderen Kinder"]
TRAIN = profiles(zip(ENGLISH, GERMAN, strict=True))


def test_pairs_by_hand():
    assert profiles([("aab", ""), ("ab", "x")]) == ({"aa": 1, "ab": 2}, {})


def test_similarity_by_hand():
    one, other = profiles([("abc", "abd")])
    assert similarity(one, other) == pytest.approx(0.5)
    assert similarity(one, one) == pytest.approx(1)
    assert similarity(one, profiles([])[0]) == 0


@pytest.mark.parametrize(
    ("pair", "wrong"),
    [
        (("the children are here with the dog", "die Kinder sind mit dem Hund hier"), [False, False]),
        (("die Kinder sind mit dem Hund hier", "the children are here with the dog"), [True, True]),
        (("die Kinder sind mit dem Hund hier", "die Kinder sind mit dem Hund hier"), [True, False]),
        (("12345", "漢字"), [False, False]),
        (("", ""), [False, False]),
    ],
)
def test_exchanged_sides(pair, wrong):
    assert wrong_languages(TRAIN, profiles([pair])) == wrong


def test_only_the_beginning_is_read():
    endless = (("ab" * CHARACTERS, "") for _ in iter(int, 1))
    assert profiles(endless)[0].total() == LINES * (CHARACTERS - 1)
