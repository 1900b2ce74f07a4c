"""Tags taken out of a source and put into its translation, by hand."""

from xml.dom.minidom import parseString

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmt.alignment.alignment import Alignment
from nmt.alignment.markup import Tag, move_tags, split_tags
from nmt.alignment.record import AlignmentRecord

ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


def record(src: str, tgt: str, links: str) -> AlignmentRecord:
    pairs = [(int(s), int(t)) for s, t in (link.split("-") for link in links.split())]
    weights_TS = np.zeros((len(tgt.split()), len(src.split())), np.float32)
    return AlignmentRecord(0, src, tgt, Alignment(src.split(), tgt.split(), weights_TS, "word", False), pairs)


def moved(tagged: str, tgt: str, links: str) -> str:
    plain, tags = split_tags(tagged)
    return move_tags(tags, record(plain, tgt, links))


def test_tags_are_taken_out() -> None:
    assert split_tags("no tags, 1 < 2 > 0, a<b") == ("no tags, 1 < 2 > 0, a<b", [])
    assert split_tags('a <b>big</b> <i id="1">old</i> dog<br/> .') == (
        "a big old dog .",
        [Tag("<b>", "</b>", 2, 5), Tag('<i id="1">', "</i>", 6, 9), Tag("<br/>", "", 13, 13)],
    )
    assert split_tags("<g:x-1>a <b>b</b></g:x-1>") == (
        "a b",
        [Tag("<g:x-1>", "</g:x-1>", 0, 3), Tag("<b>", "</b>", 2, 3)],
    )
    for tag in ('<a href="x>y">', "<a title='</a> \"' href=\"'\">", "<a\tb='/>' >"):
        assert split_tags(f"x {tag}z</a>") == ("x z", [Tag(tag, "</a>", 2, 3)])
    assert split_tags("<a b='>'/>c") == ("c", [Tag("<a b='>'/>", "", 0, 0)])
    assert split_tags("a <b it's > 5' 3\"") == ("a <b it's > 5' 3\"", [])
    assert split_tags("<b>a <b>b</b> c</b>")[1] == [Tag("<b>", "</b>", 0, 5), Tag("<b>", "</b>", 2, 3)]


def test_a_tag_that_nothing_closes_stands_alone() -> None:
    assert split_tags("<p>a<br>b</p><hr>") == (
        "ab",
        [Tag("<p>", "</p>", 0, 2), Tag("<br>", "", 1, 1), Tag("<hr>", "", 2, 2)],
    )


@pytest.mark.parametrize("text", ["a</b>", "<b>a</i></b>", "<b/>a</b>"])
def test_a_tag_that_closes_nothing(text: str) -> None:
    with pytest.raises(ValueError, match="^</[bi]> closes nothing$"):
        split_tags(text)


@pytest.mark.parametrize(
    ("tagged", "tgt", "links", "expected"),
    [
        ("I <b>see dogs</b>", "Ich sehe Hunde", "0-0 1-1 2-2", "Ich <b>sehe Hunde</b>"),
        ("I <b>see</b> dogs", "Hunde sehe ich", "0-2 1-1 2-0", "Hunde <b>sehe</b> ich"),
        # calls -> ruft ... an: from the first to the last of them
        ("He <b>calls</b> the man", "Er ruft den Mann an", "0-0 1-1 1-4 2-2 3-3", "Er <b>ruft den Mann an</b>"),
        # half a word counts as the word
        ("a do<b>gs</b> b", "x y z", "0-0 1-1 2-2", "x <b>y</b> z"),
        # no link: empty, before what comes next; at the end if nothing does
        ("a <b>b</b> c", "x z", "0-0 2-1", "x <b></b>z"),
        ("a c <b>b</b>", "x z", "0-0 1-1", "x z<b></b>"),
        ("a <x/>c", "z x", "0-1 1-0", "<x/>z x"),
        ("a c<x/>", "z x", "0-1 1-0", "z x<x/>"),
        ("<i>a <b>b</b></i> c", "z  x  y", "0-1 1-2 2-0", "z  <i>x  <b>y</b></i>"),
        ("<b>a</b><i>b</i>", "x", "", "x<b></b><i></i>"),
        # b's words are inside a's: one pair inside the other
        ("<b>a</b> <i>b</i>", "x y z", "0-0 1-1 0-2", "<b>x <i>y</i> z</b>"),
        # a-x, b-y, a-z, b-w would cross
        ("<b>a</b> <i>b</i>", "x y z w", "0-0 1-1 0-2 1-3", "<b>x <i>y z w</i></b>"),
        # the flag of England is seven characters, six of them not seen
        ("a <b>b</b>", f"{ENGLAND} x", "0-1 1-0", f"<b>{ENGLAND}</b> x"),
        ("a b", "x y", "0-0 1-1", "x y"),
        ("<b></b>", "", "", "<b></b>"),
    ],
)
def test_tags_are_moved(tagged: str, tgt: str, links: str, expected: str) -> None:
    assert moved(tagged, tgt, links) == expected


@st.composite
def tagged_texts(draw) -> str:
    """Words, each followed by a tag that opens or closes a pair, or stands alone; every pair is closed."""
    parts, opened = [], []
    for number in range(draw(st.integers(1, 9))):
        name = draw(st.sampled_from(["b", "i", "u", "x", "/"]))
        if name == "/" and opened:
            tag = f"</{opened.pop()}>"
        elif name in ("x", "/"):
            tag = "<x/>"
        else:
            opened.append(name)
            tag = f"<{name}>"
        parts.append(f"w{number} {tag}")
    return "".join([*parts, *(f"</{name}>" for name in reversed(opened))])


@given(tagged_texts(), st.data())
@settings(deadline=None, max_examples=150)
def test_what_comes_out_is_well_formed_and_has_every_tag_once(tagged: str, data: st.DataObject) -> None:
    plain, tags = split_tags(tagged)
    cells = st.tuples(st.integers(0, len(plain.split()) - 1), st.integers(0, 4))
    links = sorted(data.draw(st.sets(cells, max_size=8)))
    found = moved(tagged, "v w x y z", " ".join(f"{src}-{tgt}" for src, tgt in links))
    parseString(f"<d>{found}</d>")
    again = split_tags(found)
    assert again[0] == "v w x y z"
    assert sorted(tag[:2] for tag in again[1]) == sorted(tag[:2] for tag in tags)
