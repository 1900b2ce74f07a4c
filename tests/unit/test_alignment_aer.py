"""AER: an example counted by hand, and the published values of three aligners on real gold links."""

import os
from pathlib import Path

import pytest

from nmt.alignment.aer import LinkCounts, count_files, score_alignments, score_files, scores_of
from nmt.alignment.formats.pharaoh import read_pharaoh
from nmt.alignment.gold import GoldFile, GoldLinks, read_gold
from nmt.errors import DataError

DATA = os.environ.get("NMT_DATA")


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def gold(sure: set[tuple[int, int]], possible_only: set[tuple[int, int]]) -> GoldLinks:
    return GoldLinks(frozenset(sure), frozenset(sure | possible_only))


def test_two_sentences_counted_by_hand() -> None:
    hyp = [[(0, 0), (1, 1), (2, 1)], [(0, 1), (1, 0)]]
    golds = [gold({(0, 0), (2, 2)}, {(1, 1)}), gold({(0, 1)}, {(1, 0), (1, 1)})]
    scores = score_alignments(hyp, golds)
    # |A| = 3 + 2, |S| = 2 + 1, |P| = 3 + 3, |A & S| = 1 + 1, |A & P| = 2 + 2
    assert (scores.links, scores.sure, scores.possible, scores.sentences) == (5, 3, 6, 2)
    assert scores.aer == pytest.approx(1 - 6 / 8)
    assert scores.precision == pytest.approx(4 / 5)
    assert scores.recall == pytest.approx(2 / 3)
    assert scores.f1 == pytest.approx(8 / 11)


def test_a_perfect_alignment_may_hold_possible_links_or_not() -> None:
    golds = [gold({(0, 0)}, {(1, 1)})]
    assert score_alignments([[(0, 0)]], golds).aer == 0
    assert score_alignments([[(0, 0), (1, 1)]], golds).aer == 0


def test_a_link_given_twice_counts_once() -> None:
    assert score_alignments([[(0, 0), (0, 0), (5, 5)]], [gold({(0, 0)}, set())]).precision == 0.5


def test_nothing_to_count() -> None:
    for hyp, golds in (([], []), ([[]], [gold(set(), set())]), ([[]], [gold({(0, 0)}, set())])):
        scores = score_alignments(hyp, golds)
        assert (scores.aer, scores.precision, scores.recall, scores.f1) == (1, 0, 0, 0)


def test_unequal_numbers_of_sentences() -> None:
    with pytest.raises(ValueError, match="shorter"):
        score_alignments([[]], [])


def test_a_sure_link_is_possible() -> None:
    with pytest.raises(ValueError, match="among the possible"):
        GoldLinks(frozenset({(0, 0)}), frozenset())


def test_gold_files(tmp_path: Path) -> None:
    path = write(tmp_path / "gold.align", "0-0 1?1 2p3\n\n2-1 2?1\n")
    assert list(read_gold(path)) == [gold({(0, 0)}, {(1, 1), (2, 3)}), gold(set(), set()), gold({(2, 1)}, set())]


def test_files_counted_from_one(tmp_path: Path) -> None:
    path = write(tmp_path / "gold.align", "1-1 2-3\n")
    assert list(read_gold(path, base=1)) == [gold({(0, 0), (1, 2)}, set())]
    assert list(read_pharaoh(path, base=1)) == [[(0, 0), (1, 2)]]
    with pytest.raises(DataError, match=r"gold.align:1: '0-3' holds a 0.*count from 1"):
        list(read_gold(write(path, "0-3\n"), base=1))
    with pytest.raises(ValueError, match="base must be 0 or 1"):
        list(read_gold(path, base=2))


def test_counts_of_each_sentence_add_up(tmp_path: Path) -> None:
    hyp = write(tmp_path / "hyp", "0-0 1-1 2-1\n0-1 1-0\n\n")
    golds = write(tmp_path / "gold", "0-0 2-2 1?1\n0-1 1?0 1p1\n0-0\n")
    counts = count_files(hyp, golds)
    assert counts == [LinkCounts(1, 3, 2, 3, 1, 2), LinkCounts(1, 2, 1, 3, 1, 2), LinkCounts(1, 0, 1, 1, 0, 0)]
    assert sum(counts, LinkCounts()) == LinkCounts(3, 5, 4, 7, 2, 4)
    assert scores_of(counts[0]).aer == pytest.approx(1 - 3 / 5)
    assert score_files(hyp, golds) == scores_of(LinkCounts(3, 5, 4, 7, 2, 4))


NAACL = "0001 1 1 S\n1 2 3 P\n3 2 1\n3 1 2 P 0.7\n\n1 3 2 S 1\n"


def test_naacl_gold(tmp_path: Path) -> None:
    path = write(tmp_path / "gold", NAACL)
    expected = [gold({(0, 0), (2, 1)}, {(1, 2)}), gold(set(), set()), gold({(1, 0)}, {(0, 1)})]
    assert list(read_gold(path)) == list(read_gold(path, 1)) == expected
    assert score_files(write(tmp_path / "hyp", "0-0 2-1\n\n1-0\n"), path).aer == 0


def test_naacl_gold_without_links_of_the_last_sentences(tmp_path: Path) -> None:
    """Its lines name the sentences with links; those after the last of them have none, which no other file may leave
    out."""
    path = write(tmp_path / "gold", "1 1 1 S\n2 2 2 P\n")
    hyp = write(tmp_path / "hyp", "0-0\n1-1\n0-0\n\n")
    # |A| = 3, |S| = 1, |A & S| = 1, |A & P| = 2
    assert count_files(hyp, path)[2:] == [LinkCounts(1, 1, 0, 0, 0, 0), LinkCounts(1, 0, 0, 0, 0, 0)]
    assert score_files(hyp, path).aer == pytest.approx(1 - 3 / 4)
    for text, sentences in (("1 1 1 S\n5 2 2 P\n", 5), ("0-0\n1?1\n", 2)):
        with pytest.raises(DataError) as caught:
            score_files(hyp, write(path, text))
        assert str(caught.value) == f"{path} has {sentences} sentences for 4 of {hyp}; line n must be sentence n"


def test_naacl_counted_from_zero(tmp_path: Path) -> None:
    path = write(tmp_path / "gold", "1 0 0 S\n2 1 0 P\n")
    with pytest.raises(DataError, match=r"gold:1: '1 0 0 S' holds a 0, but words are to count from 1; read .* base 0"):
        list(read_gold(path))
    assert list(read_gold(path, 0)) == [gold({(0, 0)}, set()), gold(set(), {(1, 0)})]
    write(path, "0 0 0 S\n1 1 0 P\n")
    assert list(read_gold(path, 0)) == [gold({(0, 0)}, set()), gold(set(), {(1, 0)})]


@pytest.mark.parametrize("line", ["1 2", "1 2 3 X", "1 2 3 S 0.5 6", "0-0", "a b c", "99999999999 1 1 S"])
def test_what_is_no_naacl_link(line: str, tmp_path: Path) -> None:
    path = write(tmp_path / "gold", f"1 1 1 S\n{line}\n")
    with pytest.raises(DataError) as caught:
        list(read_gold(path))
    assert str(caught.value).startswith(f"{path}:2: {line!r} is not a link")


def test_an_empty_gold_file(tmp_path: Path) -> None:
    assert list(read_gold(write(tmp_path / "gold", ""))) == []
    assert list(read_gold(write(tmp_path / "gold", "\n\n"))) == [gold(set(), set())] * 2


def test_a_wrong_base_is_noticed(tmp_path: Path) -> None:
    zero, one = write(tmp_path / "zero", "0-0 1-2\n\n1-1\n"), write(tmp_path / "one", "1-1 2-3\n\n2-2\n")
    message = "{}: no link holds a 0, so it seems to count from 1; say by {} whether it counts from 0 or 1"
    options = ("--gold-base", "--hyp-base of nmt align-eval")
    for files, guilty, option in (((zero, one), one, options[0]), ((one, zero), one, options[1])):
        with pytest.raises(DataError) as caught:
            score_files(*files)
        assert str(caught.value) == message.format(guilty, option)
    assert score_files(zero, one, gold_base=1).aer == score_files(one, zero, hyp_base=1).aer == 0
    assert score_files(one, one, hyp_base=1, gold_base=1).aer == 0
    assert score_files(one, one, hyp_base=0, gold_base=0).aer == 0
    assert score_files(zero, one, gold_base=0).aer == 1
    with pytest.raises(DataError, match=r"zero:1: '0-0' holds a 0, but the indices are to count from 1"):
        score_files(one, zero, hyp_base=1, gold_base=1)


def test_gold_links_between_the_words_of_a_sentence(tmp_path: Path) -> None:
    path = write(tmp_path / "gold", "0-0 1?2\n\n0-1\n")
    found = GoldFile(path)
    assert found.within(0, 2, 3) == gold({(0, 0)}, {(1, 2)}) and found.within(1, 0, 0) == gold(set(), set())
    for sources, targets in ((1, 3), (2, 2)):
        with pytest.raises(DataError) as caught:
            found.within(0, sources, targets)
        assert str(caught.value) == (
            f"{path}: sentence 1 has a link 1-2, counted from 0, but {sources} source and {targets} target words; "
            "the links must be of this text, cut into the same words"
        )
    with pytest.raises(DataError, match="sentence 3 has a link 0-1, counted from 0, but 1 source and 1 target words"):
        found.within(2, 1, 1)


def test_no_links_have_no_wrong_base(tmp_path: Path) -> None:
    assert score_files(write(tmp_path / "hyp", "\n\n"), write(tmp_path / "gold", "0-0\n\n")).aer == 1


def test_hypotheses_with_scores_in_any_order(tmp_path: Path) -> None:
    path = write(tmp_path / "hyp", "2-1:0.5 0-0:1e-05 0-0\n")
    assert list(read_pharaoh(path)) == [[(0, 0), (2, 1)]]


@pytest.mark.parametrize("text", ["3-x", "3", "-3", "3--4", "3-4-5", "3:4", "3-4:", "٣-٤", "3S4", "3-4,"])
def test_what_is_no_link(text: str, tmp_path: Path) -> None:
    path = write(tmp_path / "gold.align", f"0-0\n0-0\n\n1-1\n0-0 {text}\n")
    with pytest.raises(DataError) as caught:
        list(read_gold(path))
    assert str(caught.value).startswith(f"{path}:5: {text!r} is not a link")


def test_files_of_unequal_length(tmp_path: Path) -> None:
    hyp, golds = write(tmp_path / "hyp", "0-0\n1-1\n"), write(tmp_path / "gold", "0-0\n")
    with pytest.raises(DataError) as caught:
        score_files(hyp, golds)
    assert str(caught.value) == f"{golds} has 1 sentences for 2 of {hyp}; line n must be sentence n"


@pytest.mark.skipif(DATA is None, reason="NMT_DATA is not set: the folder of gold alignments")
def test_published_values_digit_for_digit() -> None:
    data = Path(DATA or "")
    rows = (data / "aer-check" / "EXPECTED.tsv").read_text(encoding="utf-8").strip().split("\n")[1:]
    assert len(rows) == 3
    for row in rows:
        name, gold_name, expected, _ = row.split("\t")
        assert repr(score_files(data / "aer-check" / name, data / gold_name).aer) == expected


@pytest.mark.skipif(DATA is None, reason="NMT_DATA is not set: the folder of gold alignments")
@pytest.mark.parametrize(
    ("name", "sentences", "sure", "possible_only"),
    [
        ("hansards/gold37.tok.align", 37, 338, 1446),
        ("europarl-de-en/gold100.tok.align", 100, 1951, 748),
        ("aer-check/zhen.align", 450, 11238, 178),
    ],
)
def test_gold_files_hold_what_their_makers_say(name: str, sentences: int, sure: int, possible_only: int) -> None:
    golds = list(read_gold(Path(DATA or "", name)))
    assert len(golds) == sentences
    assert sum(len(links.sure) for links in golds) == sure
    assert sum(len(links.possible - links.sure) for links in golds) == possible_only
