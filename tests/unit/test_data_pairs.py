"""Two files become pairs, or one line says why not."""

import gzip
import io
import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nmt.data import pairs
from nmt.data.pairs import overlap, read_pairs, split_pairs, stream_pairs
from nmt.errors import DataError
from nmt.text.reader import stream_lines


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Writes train.de and train.en into the current folder."""
    monkeypatch.chdir(tmp_path)

    def write(src: bytes, tgt: bytes) -> tuple[str, str]:
        Path("train.de").write_bytes(src)
        Path("train.en").write_bytes(tgt)
        return "train.de", "train.en"

    return write


def lines(count: int) -> bytes:
    return b"".join(b"line %d\n" % i for i in range(count))


@pytest.mark.parametrize(
    "src, tgt, expected",
    [
        (b"a\nb\n", b"x\ny\n", [("a", "x"), ("b", "y")]),
        (b"a\nb", b"x\ny\n", [("a", "x"), ("b", "y")]),
        (b"a\n\n", b"\ny", [("a", ""), ("", "y")]),
        (b"\xef\xbb\xbfa\r\nb\r\n", b"x\ny\n", [("a", "x"), ("b", "y")]),
        (b"a\rb\n", b"x\n", [("a b", "x")]),
        ("a\u2028b\nc\n".encode(), "x\ny\u0085z\n".encode(), [("a b", "x"), ("c", "y z")]),
        (gzip.compress(b"a\n", mtime=0), b"x\n", [("a", "x")]),
    ],
)
def test_pairs(files, src, tgt, expected):
    assert read_pairs(*files(src, tgt)) == expected
    assert list(stream_pairs(*files(src, tgt))) == expected


@pytest.mark.parametrize(
    "src, tgt, message",
    [
        (lines(10001), lines(10000), "train.de has 10001 lines, train.en 10000; first unpaired line: train.de:10001"),
        (lines(3), lines(5), "train.de has 3 lines, train.en 5; first unpaired line: train.en:4"),
        (lines(9), lines(1), "train.de has 9 lines, train.en 1; first unpaired line: train.de:2"),
        (b"a\n\n", b"x\n", "train.de has 2 lines, train.en 1; first unpaired line: train.de:2"),
        (b"", b"x\n", "train.de: file is empty"),
        (b"a\n", b"", "train.en: file is empty"),
        (b"", b"", "train.de: file is empty"),
        (
            b"a\n",
            b"\xff\n",
            "train.en:1: byte 0xff at column 1 is not UTF-8; convert it with: iconv -f LATIN1 -t UTF-8",
        ),
        (
            b"a\n" * 122 + b"Fu\xdf\n",
            b"x\n" * 123,
            "train.de:123: byte 0xdf at column 3 is not UTF-8; convert it with: iconv -f LATIN1 -t UTF-8",
        ),
        ("a\n".encode("utf-16"), b"x\n", "train.de: looks like UTF-16; convert it with: iconv -f UTF-16 -t UTF-8"),
        (b"PK\x03\x04", b"x\n", "train.de: looks like a zip archive; unpack it first"),
        (gzip.compress(b"", mtime=0)[:-3], b"x\n", "train.de: compressed file ends early at line 1"),
    ],
)
def test_refused(files, src, tgt, message):
    for read in (read_pairs, stream_pairs):
        with pytest.raises(DataError) as caught:
            read(*files(src, tgt))
        assert str(caught.value) == message
        assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "src, tgt, message",
    [
        ("train.de", "train.de", "train.de: source and target are the same file"),
        ("train.de", "./train.de", "train.de: source and target are the same file"),
        ("train.de", "link", "train.de: source and target are the same file"),
        ("pipe", "train.en", "pipe: expected a file, not a pipe"),
        ("-", "train.en", "-: expected a file, not a pipe"),
        ("x", "train.en", "{cwd}/x: no such file"),
        ("train.de", "y", "{cwd}/y: no such file"),
        ("x", "x", "{cwd}/x: no such file"),
        ("folder", "train.en", "{cwd}/folder: is a folder, not a file"),
    ],
)
def test_refused_paths(files, src, tgt, message):
    files(b"a\n", b"x\n")
    os.symlink("train.de", "link")
    os.mkfifo("pipe")
    os.mkdir("folder")
    for read in (read_pairs, stream_pairs):
        with pytest.raises(DataError) as caught:
            read(src, tgt)
        assert str(caught.value) == message.format(cwd=os.getcwd())


def test_too_many_lines(files, monkeypatch):
    monkeypatch.setattr(pairs, "MAX_PAIRS", 3)
    assert len(read_pairs(*files(lines(3), lines(3)))) == 3
    with pytest.raises(DataError, match="train.de: more than 3 lines; split the corpus"):
        read_pairs(*files(lines(4), lines(4)))


def test_a_file_is_not_read_far_beyond_the_end_of_the_other(files, monkeypatch):
    """Line 11 of the longer file would be refused, if it was read."""
    monkeypatch.setattr(pairs, "MAX_SURPLUS", 5)
    for count, said in ((8, "8"), (9, "at least 9")):
        src, tgt = files(lines(3), lines(count) + b"\xff\n" * (count == 9))
        for read in (read_pairs, stream_pairs):
            with pytest.raises(DataError, match=f"{src} has 3 lines, {tgt} {said}; first unpaired line: {tgt}:4$"):
                read(src, tgt)


def test_notes_of_each_side(files):
    notes: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    read_pairs(*files(b"\xef\xbb\xbfa\r\n", b"\x00\n"), notes)
    assert +notes[0] == {"bom": 1, "crlf": 1}
    assert +notes[1] == {"nul": 1}


RAW = st.lists(
    st.sampled_from([b"a", b"\n", b"\n", b"\r", b"\0", b"\x0b", b"\x85", b"\xe2\x80\xa8", b"\xc2\xa0", b"\xff"])
).map(b"".join)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(src=RAW, tgt=RAW)
def test_never_misaligned(files, src, tgt):
    """Either one line with a file name, or the pairs of a naive split at newlines."""
    naive = [data.removesuffix(b"\n").split(b"\n") if data else [] for data in (src, tgt)]
    try:
        read = read_pairs(*files(src, tgt))
    except DataError as error:
        assert str(error).startswith("train.") and "\n" not in str(error)
        valid = all(is_utf8(data) for data in (src, tgt))
        assert not valid or not src or not tgt or len(naive[0]) != len(naive[1]) or "UTF-16" in str(error)
        return
    assert [len(line) for line, _ in read] == [len(raw.removesuffix(b"\r").decode()) for raw in naive[0]]
    assert [len(line) for _, line in read] == [len(raw.removesuffix(b"\r").decode()) for raw in naive[1]]


def is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.parametrize(
    "data, expected",
    [
        (b"a b\tx\n\t\n\ty\nc\t\n", [("a b", "x"), ("", ""), ("", "y"), ("c", "")]),
        (b"\xef\xbb\xbfa\tx\r\nb\ty", [("a", "x"), ("b", "y")]),
        ("a\rb\u2028c\tx\x0by\x85z\n".encode(), [("a b c", "x y z")]),
        (b"", []),
    ],
)
def test_tab_separated_pairs(data, expected):
    assert list(split_pairs(stream_lines(io.BytesIO(data), "stdin"), "stdin")) == expected


@pytest.mark.parametrize("line, found", [(b"", 1), (b"a", 1), (b"a\rb", 1), (b"a\tx\t", 3), (b"a\tx\r\ty\tz\t", 5)])
def test_a_line_with_other_than_two_fields(line, found):
    pairs = split_pairs(stream_lines(io.BytesIO(b"a\tx\n" * 16 + line + b"\n\xff\n"), "stdin"), "stdin")
    assert [next(pairs) for _ in range(16)] == [("a", "x")] * 16
    with pytest.raises(DataError) as caught:
        next(pairs)
    assert str(caught.value) == f"stdin:17: expected 2 tab-separated fields, found {found}"


def test_overlap():
    train = [("a", "x"), ("b", "y"), ("b", "y")]
    assert overlap(train, [("a", "x"), ("a", "y"), ("b", "y"), ("b", "y")]) == 3
    assert overlap(train, []) == 0
