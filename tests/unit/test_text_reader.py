"""The reader: bytes to lines, and one line of explanation for everything that is not text."""

import builtins
import errno
import gzip
import io
import os
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt.errors import DataError
from nmt.text import reader
from nmt.text.reader import read_lines, stream_lines


@pytest.mark.parametrize(
    "data, lines",
    [
        (b"", []),
        (b"\n", [""]),
        (b"a\nb\n", ["a", "b"]),
        (b"a\nb", ["a", "b"]),
        (b"a\n\nb\n", ["a", "", "b"]),
        (b"a\r\nb\r\n", ["a", "b"]),
        (b"a\r\r\n", ["a "]),
        (b"a\rb\n", ["a b"]),
        (b"a\r", ["a"]),
        (b"\xef\xbb\xbfa\nb\n", ["a", "b"]),
        (b"a\n\xef\xbb\xbfb\n", ["a", "\ufeffb"]),
        (b"a\tb\n", ["a\tb"]),
        (b"a\x00b\n", ["a b"]),
        (b"a\x0bb\x0cc\x1cd\x1de\x1ef\x1fg\n", ["a b c d e f g"]),
        ("a\u2028b\u2029c\u0085d\x7fe\x9ff\n".encode(), ["a b c d e f"]),
        (b"\x1b[31mred\n", [" [31mred"]),
        ("Schläft\u3000\u00a0".encode(), ["Schläft\u3000\u00a0"]),
        (b"[/b] <s> </s> ||| $x$ <script>\n", ["[/b] <s> </s> ||| $x$ <script>"]),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_lines(tmp_path, data, lines, packed):
    path = tmp_path / "train.de"
    path.write_bytes(gzip.compress(data) if packed else data)
    assert list(read_lines(path)) == lines
    assert list(read_lines(str(path))) == lines
    assert list(stream_lines(io.BytesIO(data), "stdin")) == lines


@pytest.mark.parametrize(
    "data, message",
    [
        (b"good\nab\xffc\n", "t:2: byte 0xff at column 3 is not UTF-8; convert it with: iconv -f LATIN1 -t UTF-8"),
        ("ä".encode() + b"\xe4", "t:1: byte 0xe4 at column 2 is not UTF-8; convert it with: iconv -f LATIN1 -t UTF-8"),
        (b"\xef\xbb\xbf\xff\n", "t:1: byte 0xff at column 1 is not UTF-8; convert it with: iconv -f LATIN1 -t UTF-8"),
        (
            b"a\n\xed\xa0\x80\n",
            "t:2: byte 0xed at column 1 is not UTF-8; convert it with: iconv -f LATIN1 -t UTF-8",
        ),
        (b"\xc0\x80\n", "t:1: byte 0xc0 at column 1 is not UTF-8; convert it with: iconv -f LATIN1 -t UTF-8"),
        ("hi\n".encode("utf-16"), "t: looks like UTF-16; convert it with: iconv -f UTF-16 -t UTF-8"),
        ("hi\n".encode("utf-16-le"), "t: looks like UTF-16; convert it with: iconv -f UTF-16 -t UTF-8"),
        ("hi\n".encode("utf-16-be"), "t: looks like UTF-16; convert it with: iconv -f UTF-16 -t UTF-8"),
        ("hi\n".encode("utf-32"), "t: looks like UTF-32; convert it with: iconv -f UTF-32 -t UTF-8"),
        (b"PK\x03\x04\x14\x00", "t: looks like a zip archive; unpack it first"),
        (b"%PDF-1.7\n", "t: looks like a PDF; extract its text first"),
        (b"BZh91AY&SY\x00", "t: looks like bzip2; unpack it with: bunzip2 -c"),
        (gzip.compress(b"a\n", mtime=0), "t: looks like gzip; unpack it with: gunzip -c"),
    ],
)
def test_what_is_not_text_is_refused(data, message):
    with pytest.raises(DataError) as caught:
        list(stream_lines(io.BytesIO(data), "t"))
    assert str(caught.value) == message
    assert caught.value.exit_code == 2


def test_gzip_inside_gzip(tmp_path):
    path = tmp_path / "train.de"
    path.write_bytes(gzip.compress(gzip.compress(b"a\n")))
    with pytest.raises(DataError, match="looks like gzip"):
        list(read_lines(path))


def test_gzip_that_ends_early(tmp_path):
    lines = [os.urandom(30).hex() for _ in range(1000)]
    packed = gzip.compress("".join(line + "\n" for line in lines).encode())
    path = tmp_path / "train.de.gz"
    path.write_bytes(packed[: len(packed) // 2])
    read = []
    with pytest.raises(DataError) as caught:
        for line in read_lines(path):
            read.append(line)
    assert read == lines[: len(read)] and 0 < len(read) < 1000
    assert str(caught.value) == f"{path}: compressed file ends early at line {len(read) + 1}"


@pytest.mark.parametrize("position", [20, -6])
def test_damaged_gzip(tmp_path, position):
    packed = bytearray(gzip.compress(b"hello world\nsecond line\n" * 50))
    packed[position] ^= 0xFF
    path = tmp_path / "x.gz"
    path.write_bytes(packed)
    with pytest.raises(DataError, match=re.escape(f"{path}: compressed file ") + "(is damaged|ends early) at line"):
        list(read_lines(path))


def test_paths_that_cannot_be_opened(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("a\n", encoding="utf-8")
    for path, problem in [
        ("x", "no such file"),
        ("file/x", "no such file"),
        ("a\x00b", "no such file"),
        (".", "is a folder, not a file"),
    ]:
        with pytest.raises(DataError) as caught:
            list(read_lines(path))
        assert str(caught.value) == f"{os.path.abspath(path)}: {problem}"
    with pytest.raises(DataError, match="cannot open it: File name too long"):
        list(read_lines("x" * 5000))


@pytest.mark.parametrize(
    "number, problem", [(errno.EACCES, "permission denied"), (errno.EIO, "cannot open it: Input/output error")]
)
def test_system_errors_while_opening(monkeypatch, number, problem):
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(builtins, "open", refuse)
    with pytest.raises(DataError, match=f"^/x: {problem}$"):
        list(read_lines("/x"))


def test_system_error_while_reading():
    class Failing(io.BytesIO):
        def readline(self, size=-1):
            line = super().readline(size)
            if not line:
                raise OSError(errno.EIO, "Input/output error")
            return line

    with pytest.raises(DataError, match="^t:2: cannot read it: Input/output error$"):
        list(stream_lines(Failing(b"a\n"), "t"))


def test_a_pipe_can_be_read(tmp_path):
    read_end, write_end = os.pipe()
    os.write(write_end, b"a\nb\n")
    os.close(write_end)
    try:
        assert list(read_lines(f"/dev/fd/{read_end}")) == ["a", "b"]
    finally:
        os.close(read_end)


def test_lines_come_as_soon_as_they_are_complete():
    read_end, write_end = os.pipe()
    with os.fdopen(read_end, "rb") as stream, os.fdopen(write_end, "wb", buffering=0) as writer:
        lines = stream_lines(stream, "stdin")
        writer.write(b"one\n")
        assert next(lines) == "one"
        writer.write(b"two\n")
        assert next(lines) == "two"


def test_line_limit():
    longest = b"x" * 1_999_999 + b"\n"
    assert len(list(stream_lines(io.BytesIO(b"a\n" + longest), "t", longest=2_000_000))) == 2
    with pytest.raises(DataError, match="^t:2: line is longer than 2 MB; split it$"):
        list(stream_lines(io.BytesIO(b"a\nx" + longest), "t", longest=2_000_000))


def test_the_limit_is_ten_megabytes():
    assert reader.MAX_LINE_BYTES == 10_000_000


def test_endless_line_is_refused_before_it_fills_the_memory(tmp_path):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(bytes(30_000_000), compresslevel=1))
    with pytest.raises(DataError, match=":1: line is longer than 10 MB"):
        list(read_lines(path))


def test_notes(tmp_path):
    path = tmp_path / "t"
    path.write_bytes(b"\xef\xbb\xbfa\r\nb\r\nc\x00\nd\x0b\ne\n")
    notes: Counter[str] = Counter()
    list(read_lines(path, notes))
    assert +notes == Counter(bom=1, crlf=2, nul=1, control=1)


@given(st.lists(st.sampled_from(["a", "\n", "\r", "\0", "\x0b", "\x1c", "\x85", "\u2028", "\ufeff", "\xa0", "é"])))
def test_line_n_is_line_n(characters):
    """The naive reading of the same bytes: split at newlines, then only single characters change.

    The first line is text, so that the bytes are not taken for UTF-16, as NUL and a letter in turn rightly are.
    """
    data = b"first line\n" + "".join(characters).encode()
    naive = data.removesuffix(b"\n").split(b"\n")
    lines = list(stream_lines(io.BytesIO(data), "t"))
    assert len(lines) == len(naive)
    for line, raw in zip(lines, naive, strict=True):
        expected = raw.removesuffix(b"\r").decode()
        assert line in (
            "".join(" " if c in "\r\0\x0b\x1c\x85\u2028" else c for c in expected),
            "".join(" " if c in "\r\0\x0b\x1c\x85\u2028" else c for c in expected).removeprefix("\ufeff"),
        )
