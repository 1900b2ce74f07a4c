"""Export formats: exact lines by hand, and each reads back to what was written, whatever the text."""

import csv
import json
import math
import shutil
import struct
import sys
import tempfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmt.alignment.alignment import Alignment, Unit
from nmt.alignment.formats import png
from nmt.alignment.formats.a3 import A3Pair, read_a3
from nmt.alignment.formats.escapes import escape_token, unescape_token
from nmt.alignment.formats.html import read_html
from nmt.alignment.formats.jsonl import read_jsonl
from nmt.alignment.formats.nematus import read_nematus
from nmt.alignment.formats.npz import read_npz
from nmt.alignment.formats.pharaoh import read_pharaoh, read_scored_pharaoh
from nmt.alignment.formats.png import SIGNATURE, ZOOM, PngWriter, read_png
from nmt.alignment.formats.reading import read_records
from nmt.alignment.formats.registry import WRITERS, open_writer, writer_class
from nmt.alignment.formats.side_by_side import write_view
from nmt.alignment.formats.soft import read_soft
from nmt.alignment.formats.svg import read_svg
from nmt.alignment.formats.tsv import read_tsv
from nmt.alignment.record import AlignmentRecord
from nmt.errors import DataError, UserError
from nmt.report.escape import visible
from nmt.report.viewer import LONGEST_TOKEN
from nmt.text.reader import MAX_LINE_BYTES

MATRIX = np.array([[0.93, 0.05, 0.02], [1 / 3, 2 / 3, 0], [0, 1e-7, 1 - 1e-7]], dtype=np.float32)
RECORD = AlignmentRecord(
    0,
    "das Haus",
    "the house",
    Alignment(["das", "Haus"], ["the", "house"], MATRIX, "word", True, -1.25),
    [(1, 1), (0, 0)],
)
EMPTY = AlignmentRecord(1, "", "", Alignment([], [], np.ones((1, 1), dtype=np.float32), "word", True), [])


def missing() -> str:
    """Why no PNG can be drawn here."""
    try:
        PngWriter.require()
    except UserError as error:
        return str(error)
    return ""


MISSING, RESVG = missing(), sys.modules.get("resvg_py")
SIDES = ("width", "height")


def drawn_by_nothing(svg_string: str, zoom: int = 1) -> bytes:
    """A PNG of one black point, with the picture's letters for a text of its own."""
    chunks = [b"IHDR" + struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0), b"tEXtnote\0" + str(len(svg_string)).encode()]
    chunks += [b"IDAT" + zlib.compress(b"\0\0"), b"IEND"]
    framed = (struct.pack(">I", len(one) - 4) + one + struct.pack(">I", zlib.crc32(one)) for one in chunks)
    return SIGNATURE + b"".join(framed)


@pytest.fixture(scope="module", autouse=True)
def _something_that_draws():
    """In place of resvg, which reads all fonts of the machine each time: what stands beside the picture is ours."""
    with pytest.MonkeyPatch.context() as patch:
        module = ModuleType("resvg_py")
        module.svg_to_bytes = drawn_by_nothing  # type: ignore[attr-defined]
        patch.setitem(sys.modules, "resvg_py", module)
        yield


def write(name: str, path: Path, records: list[AlignmentRecord]) -> bytes:
    with open_writer(name, path) as writer:
        for record in records:
            writer.write(record)
    return path.read_bytes()


def test_pharaoh_lines(tmp_path: Path) -> None:
    assert write("pharaoh", tmp_path / "a", [RECORD, EMPTY, RECORD]) == b"0-0 1-1\n\n0-0 1-1\n"


def test_pharaoh_lines_with_scores(tmp_path: Path) -> None:
    assert write("pharaoh-scores", tmp_path / "a", [RECORD, EMPTY]) == b"0-0:0.93 1-1:0.666667\n\n"


def test_soft_lines(tmp_path: Path) -> None:
    expected = b"0.93,0.05,0.02 0.333333,0.666667,0 0,1e-07,1\n1\n"
    assert write("soft", tmp_path / "a", [RECORD, EMPTY]) == expected


def test_jsonl_lines(tmp_path: Path) -> None:
    expected = (
        '{"id":0,"rank":1,"src":"das Haus","tgt":"the house","src_tokens":["das","Haus"],'
        '"tgt_tokens":["the","house"],"src_spans":[[0,3],[4,8]],"tgt_spans":[[0,3],[4,9]],"unit":"word","eos":true,"attention":[[0.93,0.05,0.02],[0.333333,0.666667,0.0],[0.0,0.0,1.0]],'
        '"links":[[0,0],[1,1]],"score":-1.25}\n'
    )
    lines = write("jsonl", tmp_path / "a", [RECORD, EMPTY]).decode("utf-8")
    assert lines.startswith(expected)
    assert json.loads(lines[len(expected) :])["score"] is None


def test_jsonl_keeps_one_record_on_one_line(tmp_path: Path) -> None:
    nasty = "Größe \n\r\x0b\x1b\x7f\x85\x9b\u2028\u2029 ひ"
    record = AlignmentRecord(0, nasty, nasty, EMPTY.alignment, [])
    text = write("jsonl", tmp_path / "a", [record]).decode("utf-8")
    assert "Größe" in text
    assert "ひ" in text
    assert text.endswith("}\n")
    assert all(character.isprintable() for character in text[:-1])
    assert json.loads(text)["src"] == nasty


def test_jsonl_of_before_there_were_spans_and_ranks(tmp_path: Path) -> None:
    old = json.loads(write("jsonl", tmp_path / "a", [RECORD]))
    for name in ("rank", "src_spans", "tgt_spans"):
        del old[name]
    (tmp_path / "b").write_text(json.dumps(old) + "\n", encoding="utf-8", newline="\n")
    assert write("jsonl", tmp_path / "c", list(read_jsonl(tmp_path / "b"))) == (tmp_path / "a").read_bytes()


def test_tsv_rows(tmp_path: Path) -> None:
    expected = (
        b"sentence\trank\tsrc\ttgt\tsrc_token\ttgt_token\tweight\n"
        b"0\t1\t0\t0\tdas\tthe\t0.93\n0\t1\t1\t1\tHaus\thouse\t0.666667\n"
    )
    assert write("tsv", tmp_path / "a", [RECORD, EMPTY]) == expected


def test_nematus_lines(tmp_path: Path) -> None:
    expected = (
        b"0 ||| the house ||| -1.25 ||| das Haus ||| 3 3\n0.93 0.05 0.02\n0.333333 0.666667 0\n0 1e-07 1\n\n"
        b"1 |||  ||| 0 |||  ||| 1 1\n1\n\n"
    )
    assert write("nematus", tmp_path / "a", [RECORD, EMPTY]) == expected


def test_a3_lines(tmp_path: Path) -> None:
    weights_TS = np.zeros((3, 2), dtype=np.float32)
    alignment = Alignment(["das", "Haus"], ["the", "house", "."], weights_TS, "word", False, -1.25)
    record = AlignmentRecord(6, "", "", alignment, [(1, 1), (1, 0), (0, 0)])
    expected = (
        b"# Sentence pair (7) source length 2 target length 3 alignment score : 0.286505\n"
        b"the house .\nNULL ({ 3 }) das ({ 1 }) Haus ({ 1 2 })\n"
        b"# Sentence pair (2) source length 0 target length 0 alignment score : 0\n\nNULL ({ })\n"
    )
    assert write("a3", tmp_path / "a", [record, EMPTY]) == expected


def test_a3_of_giza_with_a_space_at_the_end_of_its_lines(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(
        b"# Sentence pair (1) source length 2 target length 1 alignment score : 1.2e-05\n"
        b"house\nNULL ({ }) das ({ }) Haus ({ 1 }) \n"
    )
    assert list(read_a3(tmp_path / "a")) == [A3Pair(0, ["das", "Haus"], ["house"], [(1, 0)], 1.2e-05)]


def test_tokens_that_would_break_a_line(tmp_path: Path) -> None:
    assert [escape_token(token) for token in ("|||", "a b", "&", "&amp;", "&#38;", "", "\u3000", "\x85")] == [
        "&#124;&#124;&#124;",
        "a&#32;b",
        "&",
        "&amp;",
        "&#38;#38;",
        "&#;",
        "\u3000",
        "&#133;",
    ]
    with pytest.raises(ValueError, match="&#1114112; is no character|chr"):
        unescape_token("&#1114112;")


def test_a_table_is_one_for_readers_that_know_quotes_and_for_spreadsheets(tmp_path: Path) -> None:
    tokens = ['"', "=cmd()", "-", "@a", "+1", '"a"', "a-b", "=\n"]
    alignment = Alignment(tokens, ["x"], np.ones((1, len(tokens)), dtype=np.float32), "word", False)
    write("tsv", tmp_path / "a", [AlignmentRecord(0, "", "", alignment, [(src, 0) for src in range(len(tokens))])])
    with (tmp_path / "a").open(encoding="utf-8", newline="") as stream:
        _, *rows = csv.reader(stream, delimiter="\t")
    assert [row[4] for row in rows] == [
        *("&#34;", "&#61;cmd()", "-", "&#64;a", "&#43;1", "&#34;a&#34;", "a-b", "&#61;&#10;")
    ]
    assert [row.src_token for row in read_tsv(tmp_path / "a")] == tokens


def test_svg_is_one_picture_of_all(tmp_path: Path) -> None:
    one = parse(write("svg", tmp_path / "a", [RECORD]))
    both = parse(write("svg", tmp_path / "b", [RECORD, RECORD]))
    nasty = Alignment(["<script>"], ["&"], np.ones((1, 1), dtype=np.float32), "word", False)
    write("svg", tmp_path / "c", [AlignmentRecord(0, "<script>", "&", nasty, [])])
    assert both.get("width") == one.get("width")
    assert float(both.get("height") or 0) == pytest.approx(2 * float(one.get("height") or 0))
    assert [part.get("transform") for part in both] == ["translate(0 0.00)", f"translate(0 {one.get('height')})"]
    assert [json.loads(part.text or "")["src"] for part in both.iter("{http://www.w3.org/2000/svg}metadata")] == [
        "das Haus",
        "das Haus",
    ]
    assert len(list(both.iter("{http://www.w3.org/2000/svg}circle"))) == 2 * (2 + 1)  # two links and the legend's
    assert "script" not in {element.tag.split("}")[1] for element in parse((tmp_path / "c").read_bytes()).iter()}


def parse(picture: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(picture)


def test_npz_is_readable_by_numpy_without_pickle(tmp_path: Path) -> None:
    write("npz", tmp_path / "a.npz", [RECORD, EMPTY])
    with np.load(tmp_path / "a.npz", allow_pickle=False) as archive:
        assert sorted(archive.files) == ["attention_0", "attention_1", "tokens.json"]
        np.testing.assert_array_equal(archive["attention_0"], MATRIX)
        assert archive["attention_0"].dtype == np.float32
        assert archive["tokens.json"].dtype == np.uint8
        tokens = json.loads(archive["tokens.json"].tobytes())
    assert tokens[0] == {
        "id": 0,
        "rank": 1,
        "src": "das Haus",
        "tgt": "the house",
        "src_tokens": ["das", "Haus"],
        "tgt_tokens": ["the", "house"],
        "src_spans": [[0, 3], [4, 8]],
        "tgt_spans": [[0, 3], [4, 9]],
        "unit": "word",
        "eos": True,
        "links": [[0, 0], [1, 1]],
        "score": -1.25,
    }
    assert len(tokens) == 2


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_the_same_records_give_the_same_bytes(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = write(name, tmp_path / "a", [RECORD, EMPTY])
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert write(name, tmp_path / "b", [RECORD, EMPTY]) == first


def test_npz_members_are_in_the_order_written(tmp_path: Path) -> None:
    write("npz", tmp_path / "a", [RECORD] * 11)
    with zipfile.ZipFile(tmp_path / "a") as archive:
        assert archive.namelist() == [f"attention_{number}.npy" for number in range(11)] + ["tokens.json.npy"]
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


READERS: dict[str, Callable[[Path], list]] = {
    "pharaoh": lambda path: list(read_pharaoh(path)),
    "pharaoh-scores": lambda path: list(read_scored_pharaoh(path)),
    "soft": lambda path: list(read_soft(path)),
    "jsonl": lambda path: list(read_jsonl(path)),
    "npz": lambda path: list(read_npz(path)),
    "tsv": lambda path: list(read_tsv(path)),
    "nematus": lambda path: list(read_nematus(path)),
    "a3": lambda path: list(read_a3(path)),
    "html": lambda path: list(read_html(path)),
    "svg": lambda path: list(read_svg(path)),
    "png": lambda path: list(read_png(path)),
}


def test_every_format_has_a_reader() -> None:
    assert set(WRITERS) == set(READERS)


@pytest.mark.parametrize("name", ["jsonl", "npz", "html", "svg", "png"])
def test_what_has_the_matrices_is_read_by_its_ending(name: str, tmp_path: Path) -> None:
    write(name, tmp_path / f"a.{name}", [RECORD])
    assert_same(next(iter(read_records(tmp_path / f"a.{name}"))), RECORD, 6e-4)


@pytest.mark.parametrize("name", ["pharaoh", "soft", "jsonl", "html", "svg"])
def test_a_long_pair_takes_a_longer_line_than_text_may_have(name: str, tmp_path: Path) -> None:
    """1,000 words on each side make a line of up to 30 MB; here spaces do."""
    written = write(name, tmp_path / "a", [RECORD])
    expected, place = READERS[name](tmp_path / "a"), b'"eos":' if b'"eos":' in written else b" "
    (tmp_path / "a").write_bytes(written.replace(place, place + b" " * MAX_LINE_BYTES, 1))
    read = READERS[name](tmp_path / "a")
    if name in ("pharaoh", "soft"):
        np.testing.assert_array_equal(read, expected)
    else:
        assert_same(read[0], expected[0], 0)


@pytest.mark.parametrize("name", sorted(READERS))
def test_no_records(name: str, tmp_path: Path) -> None:
    write(name, tmp_path / "a", [])
    assert READERS[name](tmp_path / "a") == []


TEXTS = st.text(max_size=6) | st.sampled_from(
    [
        "a b",
        "a,b",
        "|||",
        "&#124;",
        "({",
        "=a",
        "-",
        "})",
        "NULL",
        "a\tb",
        "&#",
        '"',
        "\\",
        "\x00",
        "\x1b[0m",
        "\u2028",
        "\x85",
        "\ufeff",
    ]
)
TOKENS = st.lists(TEXTS, max_size=4)


@st.composite
def records(draw: st.DrawFn) -> AlignmentRecord:
    src, tgt, eos = draw(TOKENS), draw(TOKENS), draw(st.booleans())
    rows = len(tgt) + (draw(st.booleans()) if eos else 0)
    columns = len(src) + eos
    weights = draw(st.lists(st.floats(0, 1, width=32), min_size=rows * columns, max_size=rows * columns))
    weights_TS = np.array(weights, dtype=np.float32).reshape(rows, columns)
    score = draw(st.none() | st.floats(-100, 0))
    units: list[Unit] = ["piece", "word"]
    unit = draw(st.sampled_from(units))
    cells = [(j, i) for j in range(len(src)) for i in range(len(tgt))]
    links = draw(st.lists(st.sampled_from(cells), unique=True)) if cells else []
    alignment = Alignment(src, tgt, weights_TS, unit, eos, score)
    number, rank = draw(st.integers(0, 10**9)), draw(st.integers(1, 9))
    return AlignmentRecord(number, draw(TEXTS), draw(TEXTS), alignment, links, rank)


def assert_same(read: AlignmentRecord, written: AlignmentRecord, tolerance: float) -> None:
    for name in ("id", "src", "tgt", "rank"):
        assert getattr(read, name) == getattr(written, name)
    for name in ("src_tokens", "tgt_tokens", "unit", "eos", "score"):
        assert getattr(read.alignment, name) == getattr(written.alignment, name)
    assert read.links == sorted(written.links)
    assert read.alignment.weights_TS.dtype == np.float32
    assert read.alignment.weights_TS.shape == written.alignment.weights_TS.shape
    np.testing.assert_allclose(read.alignment.weights_TS, written.alignment.weights_TS, rtol=0, atol=tolerance)


@given(st.lists(records(), max_size=4))
@settings(deadline=None, max_examples=40)
def test_every_format_reads_back_what_was_written(written: list[AlignmentRecord]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder, name) for name in READERS}
        for name, path in paths.items():
            write(name, path, written)
        for name, tolerance in (("jsonl", 6e-7), ("npz", 0), ("svg", 6e-7), ("png", 6e-7)):
            read = READERS[name](paths[name])
            assert isinstance(read, list) and len(read) == len(written)
            for one, other in zip(read, written, strict=True):
                assert_same(one, other, tolerance)
            assert write(name, Path(folder, "again"), read) == paths[name].read_bytes()
        assert list(read_pharaoh(paths["pharaoh"])) == [sorted(record.links) for record in written]
        assert list(read_pharaoh(paths["pharaoh-scores"])) == [sorted(record.links) for record in written]
        for scored, record in zip(read_scored_pharaoh(paths["pharaoh-scores"]), written, strict=True):
            weights = [record.alignment.weights_TS[tgt, src] for src, tgt, _ in scored]
            assert [score for *_, score in scored] == pytest.approx(weights, rel=1e-5, abs=0)
        for matrix, record in zip(read_soft(paths["soft"]), written, strict=True):
            weights_TS = record.alignment.weights_TS
            shape = weights_TS.shape if weights_TS.size else (0, 0)
            np.testing.assert_allclose(matrix, weights_TS.reshape(shape), rtol=1e-5, atol=0)
        check_tsv(paths["tsv"], written)
        check_nematus(paths["nematus"], written)
        check_a3(paths["a3"], written)
        for one, other in zip(read_html(paths["html"]), regrouped(written), strict=True):
            assert_same(one, as_shown(other), 5.1e-4)


def regrouped(written: list[AlignmentRecord]) -> list[AlignmentRecord]:
    """A page counts the records of a sentence that follow each other, and has their source once."""
    ranked: list[AlignmentRecord] = []
    for record in written:
        again = bool(ranked) and ranked[-1].id == record.id
        first = (ranked[-1].rank + 1, ranked[-1].src) if again else (1, record.src)
        ranked.append(replace(record, rank=first[0], src=first[1]))
    return ranked


def as_shown(record: AlignmentRecord) -> AlignmentRecord:
    alignment = record.alignment
    src, tgt = (list(map(visible, tokens)) for tokens in (alignment.src_tokens, alignment.tgt_tokens))
    shown = replace(alignment, src_tokens=src, tgt_tokens=tgt)
    return replace(record, src=visible(record.src), tgt=visible(record.tgt), alignment=shown)


def check_tsv(path: Path, written: list[AlignmentRecord]) -> None:
    rows = list(read_tsv(path))
    expected = [(record, link) for record in written for link in sorted(record.links)]
    for row, (record, (src, tgt)) in zip(rows, expected, strict=True):
        alignment = record.alignment
        tokens = alignment.src_tokens[src], alignment.tgt_tokens[tgt]
        assert row[:-1] == (record.id, record.rank, src, tgt, *tokens)
        assert row.weight == pytest.approx(alignment.weights_TS[tgt, src], rel=1e-5, abs=0)


def check_nematus(path: Path, written: list[AlignmentRecord]) -> None:
    for sentence, record in zip(read_nematus(path), written, strict=True):
        alignment = record.alignment
        assert (sentence.id, sentence.score) == (record.id, alignment.score or 0)
        assert (sentence.src_tokens, sentence.tgt_tokens) == (alignment.src_tokens, alignment.tgt_tokens)
        assert sentence.weights_TS.shape == alignment.weights_TS.shape
        np.testing.assert_allclose(sentence.weights_TS, alignment.weights_TS, rtol=1e-5, atol=0)


def check_a3(path: Path, written: list[AlignmentRecord]) -> None:
    for pair, record in zip(read_a3(path), written, strict=True):
        alignment = record.alignment
        assert (pair.id, pair.links) == (record.id, sorted(record.links))
        assert (pair.src_tokens, pair.tgt_tokens) == (alignment.src_tokens, alignment.tgt_tokens)
        score = 0 if alignment.score is None else math.exp(alignment.score)
        assert pair.score == pytest.approx(score, rel=1e-5, abs=0)


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_an_error_leaves_the_old_file_and_nothing_else(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(KeyError), open_writer(name, path) as writer:
        writer.write(RECORD)
        raise KeyError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["npz", "jsonl", "tsv", "nematus", "a3", "svg"])
def test_a_writer_does_not_hold_its_records_in_memory(name: str, tmp_path: Path) -> None:
    size = 10 if name == "svg" else 30
    weights_TS, tokens = np.full((size, size), 0.01, dtype=np.float32), ["a" * 9] * size
    links = [(src, tgt) for src in range(size) for tgt in range(0, size, 6)]
    record = AlignmentRecord(0, "", "", Alignment(tokens, tokens, weights_TS, "word", False), links)
    one = len(write(name, tmp_path / "warm-up", [record]))
    few, many = (peak_of_writing(name, tmp_path / "a", record, times) for times in (3, 33))
    copying = shutil.COPY_BUFSIZE if name in ("npz", "svg") else 0  # type: ignore[attr-defined]
    assert many - few < 30 * one / 4 + copying


def peak_of_writing(name: str, path: Path, record: AlignmentRecord, times: int) -> int:
    tracemalloc.start()
    with open_writer(name, path) as writer:
        for _ in range(times):
            writer.write(record)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_the_file_appears_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with open_writer("pharaoh", path) as writer:
        writer.write(RECORD)
        assert not path.exists()
    assert list(tmp_path.iterdir()) == [path]
    other = tmp_path / "made the usual way"
    other.touch()
    assert path.stat().st_mode == other.stat().st_mode


def test_a_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    write("pharaoh", tmp_path / "link", [RECORD])
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"0-0 1-1\n"


def test_a_device_is_not_replaced() -> None:
    write_to = Path("/dev/null")
    with open_writer("soft", write_to) as writer:
        writer.write(RECORD)
    assert write_to.is_char_device()


@pytest.mark.parametrize("name", sorted(set(WRITERS) - {"npz", "png"}))
def test_text_goes_to_standard_output(name: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    with open_writer(name, "-") as writer:
        writer.write(RECORD)
    assert capfdbinary.readouterr().out == write(name, tmp_path / "a", [RECORD])


def test_binary_does_not_go_to_standard_output() -> None:
    with pytest.raises(UserError, match="npz is binary"), open_writer("npz", "-"):
        pass


def test_unknown_formats() -> None:
    with pytest.raises(UserError, match="'pharao' is unknown; did you mean 'pharaoh'"):
        writer_class("pharao")
    with pytest.raises(UserError, match="use one of pharaoh, pharaoh-scores, a3, tsv, soft, nematus, jsonl, npz"):
        writer_class("xliff")


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="none/a: cannot be written"), open_writer("soft", tmp_path / "none" / "a"):
        pass
    with pytest.raises(UserError, match="cannot be written"), open_writer("soft", tmp_path):
        pass


A3_HEADER = "# Sentence pair (2) source length 1 target length 1 alignment score : 1"


def test_a_table_needs_its_header(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    (tmp_path / "b").write_bytes(b"0\t1\n")
    for name, message in (("a", "a: file is empty; it must begin with a header"), ("b", "b:1: the header must be")):
        with pytest.raises(DataError, match=message):
            list(read_tsv(tmp_path / name))


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        ("pharaoh", "0-0 1?1", "a:2: '1.1' is a possible link"),
        ("pharaoh", "0-0 3-x", "a:2: '3-x' is not a link"),
        ("pharaoh", f"0-{'1' * 5000}", f"a:2: '0-{'1' * 5000}' is not a link"),
        ("pharaoh", "0-0:e", "a:2: '0-0:e' is not a link: 'e' is not a number"),
        ("pharaoh-scores", "0-0", "a:2: '0-0' has no score"),
        ("soft", "0.5,x", "a:2: not numbers"),
        ("soft", "0.5,0.5 1", "a:2: rows of unequal length"),
        ("tsv", "0\t1\t0", "a:4: 3 fields, not 7"),
        ("tsv", "0\t1\t0\tx\ta\tb\t0.5", "a:4: invalid literal"),
        ("nematus", "0 ||| a ||| b", "a:6: not `id"),
        ("nematus", "0 ||| a ||| 0 ||| b ||| 1 1\n0.5 0.5\n", "a:7: 2 weights, but the sentence has 1 columns"),
        ("nematus", "0 ||| a ||| 0 ||| b ||| 1 1\nx\n", "a:7: not numbers"),
        ("nematus", "0 ||| a ||| 0 ||| b ||| 1 1\n1\n1\n", "a:8: an empty line must follow"),
        ("nematus", "0 ||| a ||| 0 ||| b ||| 1 1", "a:7: the file ends within a sentence"),
        ("a3", "x", "a:4: not `# Sentence pair"),
        ("a3", A3_HEADER, "a:4: the file ends within a pair"),
        ("a3", A3_HEADER + "\na\nNULL ({ }) b ({ 2 })", "a:4: a source word is linked to a target word outside 1 to 1"),
        ("a3", A3_HEADER + "\na\nNULL ({ })", "a:4: NULL, 1 source and 1 target words are announced"),
        ("a3", A3_HEADER + "\na\nNULL ({ }) b ({ x })", "a:4: 'x' is not the number of a target word"),
        ("a3", A3_HEADER + "\na\nNULL ({ }) b ({ 1", "a:4: the numbers of 'b' do not end"),
        ("a3", A3_HEADER + "\na\nNULL b ({ 1 })", "a:4: 'NULL' must be followed by"),
        ("jsonl", "{", "a:2: Invalid JSON"),
        ("jsonl", "{}", "a:2: id: Field required"),
    ],
)
def test_lines_that_are_wrong(name: str, line: str, message: str, tmp_path: Path) -> None:
    write(name, tmp_path / "a", [RECORD])
    with (tmp_path / "a").open("a", encoding="utf-8", newline="\n") as stream:
        stream.write(line + "\n")
    with pytest.raises(DataError, match=message) as caught:
        READERS[name](tmp_path / "a")
    assert "\n" not in str(caught.value)


def test_jsonl_with_weights_that_do_not_fit(tmp_path: Path) -> None:
    good = write("jsonl", tmp_path / "a", [RECORD]).decode("utf-8")
    for part, wrong in (
        ("[0.0,0.0,1.0]", "[0.0,1.0]"),
        ("[0.0,0.0,1.0]],", "[0.0,0.0,1.0],[0,0,1]],"),
        ("[1,1]", "[1,7]"),
    ):
        (tmp_path / "a").write_text(good.replace(part, wrong), encoding="utf-8", newline="\n")
        with pytest.raises(DataError, match="a:1: "):
            list(read_jsonl(tmp_path / "a"))


def test_npz_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"no archive")
    np.savez(tmp_path / "b.npz", attention_0=MATRIX)
    for path in (tmp_path / "a", tmp_path / "b.npz", tmp_path / "missing.npz"):
        with pytest.raises(DataError, match="not an export of alignments") as caught:
            list(read_npz(path))
        assert "\n" not in str(caught.value)


def npz(path: Path, compression: int, attention: bytes) -> Path:
    """An archive of one record whose attention has this content."""
    write("npz", path, [RECORD])
    with zipfile.ZipFile(path) as archive:
        tokens = archive.read("tokens.json.npy")
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("attention_0.npy", attention)
        archive.writestr("tokens.json.npy", tokens)
    return path


def header(shape: str, descr: str = "<f4") -> bytes:
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    ("attention", "message"),
    [
        (header("(1000000000000, 1000000000000)"), "Maximum allowed dimension exceeded|too big|allocate"),
        (header("(100000, 10000000)"), "EOF: reading array data|allocate"),
        (header("(-1, 3)"), "negative dimensions|EOF"),
        (header("(3, 3)", "|O"), "Object arrays cannot be loaded when allow_pickle=False"),
        (b"cos\nsystem\n.", "magic string|allow_pickle"),
        (header("(" * 5000), "attention_0.npy does not begin as an array does"),
    ],
    ids=["sizes", "size", "negative", "objects", "pickle", "nested"],
)
def test_an_archive_that_lies(attention: bytes, message: str, tmp_path: Path) -> None:
    path = npz(tmp_path / "a.npz", zipfile.ZIP_STORED, attention)
    with pytest.raises(DataError, match=f"^{path}: not an export of alignments: .*({message})") as caught:
        list(read_npz(path))
    assert "\n" not in str(caught.value)


def test_nothing_compressed_is_unpacked(tmp_path: Path) -> None:
    path = npz(tmp_path / "a.npz", zipfile.ZIP_DEFLATED, header("(100000, 10)") + bytes(4_000_000))
    assert path.stat().st_size < 10_000
    with pytest.raises(DataError, match=r"not an export of alignments: tokens.json.npy is compressed$"):
        list(read_npz(path))


def test_a_page_cuts_long_tokens(tmp_path: Path) -> None:
    long = "x" * (LONGEST_TOKEN + 1)
    alignment = Alignment([long], ["b"], np.ones((1, 1), dtype=np.float32), "piece", False)
    write("html", tmp_path / "a.html", [AlignmentRecord(3, long, "b", alignment, [(0, 0)])])
    (read,) = read_html(tmp_path / "a.html")
    assert read.alignment.src_tokens == ["x" * LONGEST_TOKEN + "…"] and read.src == long
    assert (read.id, read.links, read.alignment.unit, read.alignment.eos) == (3, [(0, 0)], "piece", False)


def test_pages_and_pictures_that_are_none(tmp_path: Path) -> None:
    for name in ("html", "svg", "png"):
        write(name, tmp_path / name, [RECORD, RECORD])
    html, svg = ((tmp_path / name).read_text(encoding="utf-8") for name in ("html", "svg"))
    drawn = (tmp_path / "png").read_bytes()
    for name, content, message in (
        ("html", b"<html>\n</html>\n", "a: not a page of alignments: it does not begin and end as one does"),
        ("html", html[: html.index('class="maps"')].encode(), "does not begin and end as one does"),
        ("html", html.replace('"eos":', '"EOS":').encode(), "a: not a page of alignments: 'eos'"),
        ("html", html.replace("[930,", "[-930,").encode(), "holds a weight that is negative"),
        ("svg", b"", "a:1: not a picture that format svg wrote"),
        ("svg", b"<svg/>\n", "a:1: not a picture that format svg wrote"),
        ("svg", svg[: svg.rindex("<metadata>")].encode(), "the file has 1 of 2 sentences"),
        ("svg", svg.replace("[1,1]", "[1,9]").encode(), "a:3: link 1-9 is outside"),
        ("png", b"", "a: not an export of alignments: it does not begin as a PNG does"),
        ("png", drawn_by_nothing(""), "a: not an export of alignments: it has no text of that kind"),
        ("png", drawn.replace(b"das", b"dat"), "a: not an export of alignments: its text is damaged"),
        ("png", drawn[:200], "a: not an export of alignments: its text is damaged"),
    ):
        (tmp_path / "a").write_bytes(content)
        with pytest.raises(DataError) as caught:
            READERS[name](tmp_path / "a")
        assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_page_of_two_systems_is_not_read(tmp_path: Path) -> None:
    write("jsonl", tmp_path / "a.jsonl", [RECORD])
    with (tmp_path / "both.html").open("wb") as stream:
        write_view(stream, [tmp_path / "a.jsonl"] * 2, "Both")
    with pytest.raises(DataError, match="it shows 2 systems side by side; read the export of one"):
        list(read_html(tmp_path / "both.html"))


def chunks_of(drawn: bytes) -> list[tuple[bytes, bytes]]:
    """Kind and content of each chunk, by the standard: length, kind, content, check sum."""
    assert drawn[:8] == b"\x89PNG\r\n\x1a\n"
    found, place = [], 8
    while place < len(drawn):
        (size,) = struct.unpack(">I", drawn[place : place + 4])
        kind, content = drawn[place + 4 : place + 8], drawn[place + 8 : place + 8 + size]
        assert struct.unpack(">I", drawn[place + 8 + size : place + 12 + size])[0] == zlib.crc32(kind + content)
        found.append((kind, content))
        place += size + 12
    return found


def test_a_png_holds_its_records_as_text(tmp_path: Path) -> None:
    chunks = chunks_of(write("png", tmp_path / "a", [RECORD, EMPTY]))
    assert [kind for kind, _ in chunks][:2] == [b"IHDR", b"iTXt"] and chunks[-1][0] == b"IEND"
    keyword, compressed, method, language, translated, text = (
        *(chunks[1][1].split(b"\0", 1)[0], chunks[1][1][15], chunks[1][1][16]),
        *chunks[1][1][17:].split(b"\0", 2),
    )
    assert (keyword, compressed, method, language, translated) == (b"nmt alignments", 0, 0, b"", b"")
    assert text + b"\n" == write("jsonl", tmp_path / "b", [RECORD, EMPTY])


@pytest.mark.parametrize("module", [None, ModuleType("resvg_py")], ids=["missing", "something else"])
def test_png_without_its_package(module: ModuleType | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", module)
    with pytest.raises(UserError) as caught:
        writer_class("png")
    assert str(caught.value) == 'format png needs the package resvg-py: pip install "nmt-attention[png]"'


def test_png_without_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("resvg_py")
    module.svg_to_bytes = lambda svg_string: b"a white picture"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "resvg_py", module)
    with pytest.raises(UserError, match="^format png: none of its fonts is here; install DejaVu Sans"):
        writer_class("png")


def test_a_png_that_would_be_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = parse(write("svg", tmp_path / "a", [RECORD]))
    monkeypatch.setattr(png, "LARGEST", int(2.5 * 4 * math.prod(float(picture.get(side) or 0) for side in SIDES)))
    write("png", tmp_path / "a", [RECORD] * 2)
    with pytest.raises(UserError, match="^format png: a picture of 3 sentences would have more than [0-9,]+ pixels"):
        write("png", tmp_path / "a", [RECORD] * 3)


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_a_png_is_the_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the real package: the SVG, twice as large; more weight is less red, and the labels are ink."""
    monkeypatch.setitem(sys.modules, "resvg_py", RESVG)
    drawn = write("png", tmp_path / "a", [RECORD])
    svg = parse(write("svg", tmp_path / "b", [RECORD]))
    chunks = chunks_of(drawn)
    width, height, depth, colour = struct.unpack(">IIBB", chunks[0][1][:10])
    expected = [ZOOM * float(svg.get(side) or 0) for side in SIDES]
    assert [width, height] == pytest.approx(expected, abs=ZOOM)
    assert (depth, colour) == (8, 6)
    pixels = unfiltered(zlib.decompress(b"".join(content for kind, content in chunks if kind == b"IDAT")), width)
    cells = [cell for cell in svg.iter("{http://www.w3.org/2000/svg}rect") if cell.get("class") == "cell"]
    reds = []
    for cell in cells[:3]:
        x, y = (round(ZOOM * (float(cell.get(axis) or 0) + 3)) for axis in ("x", "y"))
        reds.append(pixels[y][4 * x])
    assert reds[0] < reds[1] < reds[2]
    names = ZOOM * (min(float(cell.get("x") or 0) for cell in cells) - 2)
    assert min(row[4 * x] for row in pixels[: ZOOM * 110] for x in range(int(names))) < 60


def unfiltered(data: bytes, width: int) -> list[bytearray]:
    """The rows of an 8-bit RGBA picture, by the five filters of the standard."""
    size, rows, last = 4 * width, [], bytearray(4 * width)
    for start in range(0, len(data), size + 1):
        kind, row = data[start], bytearray(data[start + 1 : start + 1 + size])
        for i in range(size):
            a, b, c = (row[i - 4] if i >= 4 else 0), last[i], (last[i - 4] if i >= 4 else 0)
            near = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
            row[i] = (row[i] + (0, a, b, (a + b) // 2, near)[kind]) % 256
        rows.append(row)
        last = row
    return rows
