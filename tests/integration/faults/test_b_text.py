"""Rows 22 to 51: text to train on, to translate and to check."""

import gzip
import json
import os
import unicodedata

import pytest

from nmt.embedded import embedded_folder

from .catalogue import TRAIN, Case, fill, said

SRC = f"{TRAIN} --set data.train.src=$here/a.en"
CONVERT = "is not UTF-8; convert it with: iconv -f LATIN1 -t UTF-8"
SOURCES = {
    "B22 one line more": (
        lambda text: text + b"one more\n",
        "$here/a.en has 201 lines, $text/train.de 200; first unpaired line: $here/a.en:201",
    ),
    "B22 one line less": (
        lambda text: text[text.index(b"\n") + 1 :],
        "$here/a.en has 199 lines, $text/train.de 200; first unpaired line: $text/train.de:200",
    ),
    "B22 blank lines at the end": (
        lambda text: text + b"\n\n",
        "$here/a.en has 202 lines, $text/train.de 200; first unpaired line: $here/a.en:201",
    ),
    "B27 Latin-1": (b"ok\ncaf\xe9\n", f"$here/a.en:2: byte 0xe9 at column 4 {CONVERT}"),
    "B27 cut": ("ok\nö".encode()[:-1], f"$here/a.en:2: byte 0xc3 at column 1 {CONVERT}"),
    "B27 overlong": (b"\xc0\xaf\n", f"$here/a.en:1: byte 0xc0 at column 1 {CONVERT}"),
    "B28 UTF-16": (
        "house\n".encode("utf-16"),
        "$here/a.en: looks like UTF-16; convert it with: iconv -f UTF-16 -t UTF-8",
    ),
    "B28 zip": (b"PK\x03\x04\x14\0", "$here/a.en: looks like a zip archive; unpack it first"),
    "B28 PDF": (b"%PDF-1.7\n", "$here/a.en: looks like a PDF; extract its text first"),
    "B28 zstd": (b"\x28\xb5\x2f\xfd\0", "$here/a.en: looks like zstd; unpack it with: unzstd -c"),
    "B35 of bytes": (
        b"\n".join([b"x" * 10_000_001] * 2),
        "$here/a.en:1: line is longer than 10 MB; split it",
    ),
    "B50 many lines": (
        gzip.compress(b"\n" * 1_500_000, compresslevel=1),
        "$here/a.en has at least 1000201 lines, $text/train.de 200; first unpaired line: $here/a.en:201",
    ),
    "B36 no byte": (b"", "$here/a.en: file is empty"),
    "B36 blank": (b" \n" * 200, "$here/a.en: no text to learn a vocabulary from"),
    "B44 lone surrogate": (b"ok\n\xed\xa0\x80\n", f"$here/a.en:2: byte 0xed at column 1 {CONVERT}"),
    "B49 cut": (
        (embedded_folder() / "data/train.en.gz").read_bytes()[:20],
        "$here/a.en: compressed file ends early at line 1",
    ),
    "B49 damaged": (
        gzip.compress(b"a house\n" * 200)[:-8] + bytes(8),
        "$here/a.en: compressed file is damaged at line 201",
    ),
    "B50 one endless line": (
        gzip.compress(bytes(30_000_000), compresslevel=1),
        "$here/a.en:1: line is longer than 10 MB; split it",
    ),
    "B50 gzip in gzip": (
        gzip.compress(gzip.compress(b"a\n")),
        "$here/a.en: looks like gzip; unpack it with: gunzip -c",
    ),
}
"""Source side to train on, and what is said."""


def one_sided(text):
    """The last line without its text."""
    return text[: text.rstrip(b"\n").rindex(b"\n") + 1] + b"\n"


SETTINGS = {
    "B22 test set": (
        "data.test.test.tgt=$text/dev.de",
        "$text/test.en has 8 lines, $text/dev.de 6; first unpaired line: $text/test.en:7",
    ),
    "B22 gold links": (
        "data.test.test.align=$here/gold",
        "$here/gold has 1 sentences for 8 sentence pairs; line n must be sentence n",
    ),
    "B22 gold links of another text": (
        "data.test.test.align=$here/wrong.align",
        "$here/wrong.align: sentence 8 has a link 0-99, counted from 0, but ",
    ),
    "B22 gold links from 1": (
        "data.test.test.align=$here/one.align",
        "$here/one.align: no link holds a 0, so it seems to count from 1; say by align_base whether it counts",
    ),
    "B22 no gold links": ("data.test.test.align=$text/test.en", "$text/test.en:1: "),
    "B35 of pieces": ("data.max_length=1", "$text/train.en: no sentence is shorter than max_length 1 (shortest "),
    "B36 validation": ("data.valid.src=$here/empty", "$here/empty: file is empty"),
    "B36 blank test set": ("data.test.test={src: $here/blank, tgt: $text/test.de}", "$here/blank: every line is empty"),
    "B37 too large": (
        "data.tokenizer={type: sentencepiece}' --set 'data.vocab.size=5000",
        "vocab size 5000 is too large for $text/train.en; the largest possible is ",
    ),
    "B37 too small": (
        "data.tokenizer={type: sentencepiece}' --set 'data.vocab.size=9",
        "vocab size 9 is too small for $text/train.en; one piece for each character needs at least ",
    ),
    "B39 one file": ("data.train.src=$text/train.de", "$text/train.de: source and target are the same file"),
    "B48 not a file": ('data.train.src="-"', "--set data.train.src: no such file: $here/-"),
    "B51 no references": (
        "data.valid.tgt=$text/dev.dd",
        "--set data.valid.tgt: no such file: $text/dev.dd; did you mean 'dev.de'?",
    ),
    "B51 unequal": (
        "data.valid.tgt=$text/test.de",
        "$text/dev.en has 6 lines, $text/test.de 8; first unpaired line: $text/test.de:7",
    ),
}
"""`--set` and what is said."""


@pytest.mark.parametrize("name", SOURCES)
def test_source(name, mistake):
    content, message = SOURCES[name]
    mistake(Case(name, SRC, message, {"a.en": content}))


@pytest.mark.parametrize("name", SETTINGS)
def test_setting(name, mistake):
    setting, message = SETTINGS[name]
    links = {"gold": b"0-0\n", "one.align": b"1-1\n" * 8, "wrong.align": b"0-0\n" * 7 + b"0-99\n"}
    files = {**links, "empty": b"", "blank": b" \n" * 8}
    mistake(Case(name, f"{TRAIN} --set '{setting}'", message, files))


OTHERS = [
    Case(
        "B24 forbidden by the config",
        f"{SRC} --set data.on_empty=error",
        "$here/a.en:200: empty line, $text/train.de:200 is not",
        {"a.en": one_sided},
    ),
    Case(
        "B22 all sets at once",
        f"{SRC} --set data.valid.src=$here/b.en --set data.test.test.tgt=$text/dev.de",
        f"$here/a.en:1: byte 0xff at column 1 {CONVERT}\n"
        f"nmt: error: $here/b.en:2: byte 0xfe at column 1 {CONVERT}\n"
        "nmt: error: $text/test.en has 8 lines, $text/dev.de 6; first unpaired line: $text/test.en:7",
        {"a.en": b"\xff\n", "b.en": b"a\n\xfe\n"},
        lines=3,
    ),
    Case(
        "B27 to translate",
        "translate $run",
        "stdin:2: byte 0xff at column 2 is not UTF-8;",
        stdin=b"fine\na\xff\n",
    ),
    Case(
        "B46 three fields to score",
        "score $run -o $here/a",
        "stdin:17: expected 2 tab-separated fields, found 3",
        stdin=b"I sleep .\tIch schlafe .\n" * 16 + b"I sleep .\tIch schlafe .\t0.9\n",
    ),
    Case(
        "B46 an empty line to align",
        "align-export $run",
        "stdin:2: expected 2 tab-separated fields, found 1",
        stdin=b"I sleep .\tIch schlafe .\n\n",
    ),
]


@pytest.mark.parametrize("case", OTHERS, ids=[case.name for case in OTHERS])
def test_mistake(case, mistake):
    mistake(case)


def test_b48_pipe(command, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    result = command(f"{TRAIN} --set data.train.src=$here/pipe")
    assert (result.code, result.out) == (2, b"")
    assert result.err.split("\n")[-2] == f"nmt: error: {tmp_path / 'pipe'}: expected a file, not a pipe"


EMPTY_SRC = {"skipped": {"empty_src": {"count": 1, "numbers": [2]}}, "kept": 2}
LINES = {
    "B23 last line without its end": (b"a\nb\nc", b"x\ny\nz\n", {"lines": 3, "kept": 3}),
    "B24 one side empty": (b"a\n\nc\n", b"x\ny\nz\n", EMPTY_SRC),
    **{
        f"B25 {unicodedata.name(blank, 'TAB')}": (f"a\n{blank}\nc\n".encode(), b"x\ny\nz\n", EMPTY_SRC)
        for blank in " \t\u00a0\u3000\u200b\ufeff"
    },
    "B26 both empty": (b"a\n\nc\n", b"x\n \nz\n", {"skipped": {"empty": {"count": 1, "numbers": [2]}}, "kept": 2}),
    "B28 gzip": (gzip.compress(b"a\nb\n"), b"x\ny\n", {"kept": 2}),
    "B29 byte order mark": (b"\xef\xbb\xbfa b\n", b"x\n", {"src": {"bom": 1, "mean_length": 2.0}}),
    "B30 CRLF": (b"a\r\nb\r\n", b"x\ny\n", {"src": {"crlf": 2, "mean_length": 1.0}, "tgt": {"crlf": 0}}),
    "B31 lone CR": (b"a\rb\nc\n", b"x\ny\n", {"lines": 2, "src": {"control": 1, "max_length": 2}}),
    **{
        f"B32 U+{ord(separator):04X}": (
            f"a{separator}b\nc\n".encode(),
            b"x\ny\n",
            {"lines": 2, "src": {"control": 1, "max_length": 2}},
        )
        for separator in "\v\f\x1c\x1d\x1e\x85\u2028\u2029"
    },
    "B33 NUL": (b"a\0b\n", b"x\n", {"src": {"nul": 1, "max_length": 2}}),
    "B38 duplicates": (b"a\na\na\n", b"x\nx\ny\n", {"duplicates": 1}),
    "B39 copies": (b"a\nb\n", b"a\ny\n", {"suspicious": {"copy": {"count": 1, "numbers": [1]}}}),
    "B41 ratio": (b"a\na\n", b"x " * 9 + b"\n" + b"x " * 10, {"suspicious": {"extreme_ratio": {"numbers": [2]}}}),
    "B41 other numbers": (
        b"1,000\n12\n3\n",
        "1.000\n13\n٣\n".encode(),
        {"suspicious": {"other_numbers": {"count": 1, "numbers": [2]}}},
    ),
    "B42 escape sequences": (b"\x1b[31mred\x1b]0;x\x07\n", b"x\n", {"kept": 1, "src": {"control": 1}}),
    "B45 NFD": ("a\u0308\n".encode(), "ä\n".encode(), {"src": {"not_nfc": 1}, "tgt": {"not_nfc": 0}}),
}
"""Source and target, and what the report of `nmt check` says of them."""


def holds(found, expected):
    """Whether the nested values of `expected` are those of `found`."""
    if not isinstance(expected, dict):
        return found == expected
    return all(holds(found[key], value) for key, value in expected.items())


@pytest.mark.parametrize("name", LINES)
def test_lines_are_read_and_counted(name, command, write, tmp_path):
    src, tgt, expected = LINES[name]
    write({"a": src, "b": tgt})
    result = command("check --source $here/a --target $here/b --json")
    assert said(result) == []
    report = json.loads(result.out)["sets"]["text"]
    assert holds(report, expected), report
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def train_en(tiny):
    return tiny.text("train.en").read_bytes()


def head(content, count):
    return b"".join(line + b"\n" for line in content.split(b"\n")[:count])


ACCEPTED = {
    "B34 a megabyte": (
        lambda tiny: head(train_en(tiny), 199) + b"word " * 200_000,
        "en to de: 199 training pairs, 120 + 120 word entries",
    ),
    "B33 NUL": (
        lambda tiny: train_en(tiny).replace(b" ", b"\0", 3),
        "warning: $here/a.en: NUL bytes in 1 lines, read as spaces",
        "en to de: 200 training pairs, 120 + 120 word entries",
    ),
    "B24 more than one percent": (
        lambda tiny: b"\n" * 3 + b"".join(line + b"\n" for line in train_en(tiny).split(b"\n")[3:-1]),
        "warning: $here/a.en: 3 of 200 pairs skipped (1.5%): empty_src 3",
        "en to de: 197 training pairs, 120 + 120 word entries",
    ),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_training_goes_on_without(name, command, tiny, tmp_path):
    content, *expected = ACCEPTED[name]
    (tmp_path / "a.en").write_bytes(content(tiny))
    lines = said(command(f"{SRC} --dry-run"))
    for text in expected:
        assert fill(text, tiny, tmp_path) in lines
    assert [path.name for path in tmp_path.iterdir()] == ["a.en"]


def test_b37_fewer_sentences_than_a_batch(command, write, tiny):
    write({"a.en": head(train_en(tiny), 3), "a.de": head(tiny.text("train.de").read_bytes(), 3)})
    lines = said(command(f"{SRC} --set data.train.tgt=$here/a.de --dry-run"))
    assert any(line.startswith("en to de: 3 training pairs") for line in lines)


def test_b38_test_pairs_in_the_training_text(command, write, tiny):
    write({f"a.{end}": head(tiny.text(f"train.{end}").read_bytes(), 5) for end in ("en", "de")})
    lines = said(command(f"{TRAIN} --set 'data.test={{x: {{src: $here/a.en, tgt: $here/a.de}}}}' --dry-run"))
    assert "warning: 5 of 5 pairs of test.x are in the training data (100.0%)" in lines


@pytest.mark.parametrize("kind", ["valid", "test.test"])
def test_b40_exchanged_files(kind, command, tiny):
    swapped = f"--set data.{kind}.src=$text/test.de --set data.{kind}.tgt=$text/test.en"
    lines = said(command(f"{TRAIN} {swapped} --set data.test.test.align=null --dry-run"))
    for ending, other in (("de", "en"), ("en", "de")):
        file, own = tiny.text(f"test.{ending}"), tiny.text(f"train.{other}")
        assert f"warning: {file}: seems to be in another language than {own}" in lines


def test_b40_files_that_are_not_exchanged(command):
    assert not [line for line in said(command(f"{TRAIN} --dry-run")) if "language" in line]


MARKUP = ["[/b] [bold]", "<s> </s> <unk> <pad>", "⁇ ▁ ||| $x$", "<script>alert(1)</script>", "&amp; &#0;", "{0} %s \\n"]


@pytest.mark.parametrize("run", ["run", "subwords"])
def test_b43_markup_is_text(run, command):
    result = command(f"translate ${run}", "".join(f"{line}\n" for line in MARKUP).encode())
    assert said(result) == []
    assert len(result.lines) == len(MARKUP)


def test_b42_names_of_files_cannot_reach_the_terminal(command):
    result = command("check --source 'a\x1b]0;x\x07\u202e' --target b")
    assert result.code == 2
    assert "a\\u001b]0;x\\u0007\\u202e: no such file" in result.err
