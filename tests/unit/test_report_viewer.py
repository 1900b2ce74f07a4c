"""The page of alignments as text: what it holds, that its text is inert, and that writing it needs no memory."""

import base64
import hashlib
import json
import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from nmt.alignment.alignment import Alignment
from nmt.alignment.formats.jsonl import JsonlWriter
from nmt.alignment.formats.registry import open_writer
from nmt.alignment.formats.side_by_side import write_view
from nmt.alignment.record import AlignmentRecord
from nmt.errors import DataError, UserError
from nmt.report.viewer import CHUNK, LONGEST_TEXT, LONGEST_TOKEN

from .pages import HOSTILE, Page

ATTACKS = [
    *HOSTILE,
    "</script>",
    "</SCRIPT \t>",
    "<!--<script>",
    "-->",
    "a\u2028b\u2029c",
    "\u202e\u2066\u200f\u061c",
    "\ufeff\u200b\u00ad",
    "\\u003c/script\\u003e",
    "</textarea></noscript>",
    "__proto__",
    "constructor",
    "x" * 1_000_000,
]


def record(number: int, src: list[str], tgt: list[str], score: float | None = -1.5) -> AlignmentRecord:
    weights_TS = np.full((len(tgt) + 1, len(src) + 1), 1 / (len(src) + 1), dtype=np.float32)
    alignment = Alignment(src, tgt, weights_TS, "word", True, score)
    links = [(0, 0)] if src and tgt else []
    return AlignmentRecord(number, " ".join(src), " ".join(tgt), alignment, links)


def page_of(folder: Path, records: list[AlignmentRecord]) -> str:
    with open_writer("html", folder / "a.html") as writer:
        for one in records:
            writer.write(one)
    return (folder / "a.html").read_bytes().decode("utf-8")


def blocks(html: str, name: str) -> list:
    found = re.findall(rf'<script type="application/json" class="{name}">(.*?)</script>', html, re.DOTALL)
    return [json.loads(text) for text in found]


def test_facts_and_maps_by_hand(tmp_path: Path) -> None:
    weights_TS = np.array([[0.5, 0.25, 0.25], [0, 0, 1]], dtype=np.float32)
    one = AlignmentRecord(
        7, "das Haus", "house", Alignment(["das", "Haus"], ["house"], weights_TS, "word", True, -0.5), [(0, 0)]
    )
    html = page_of(tmp_path, [one])
    facts = {
        "tgt": "house",
        "src_length": 2,
        "tgt_length": 1,
        "score": -0.5,
        "entropy": 1.0397,
        "eos_mass": 0.25,
        "untranslated": [],
        "repeated": [],
        "kendall_tau": None,
    }
    assert blocks(html, "facts") == [[{"number": 7, "src": "das Haus", "systems": [[facts]]}]]
    maps = {"src": ["das", "Haus"], "tgt": ["house"], "columns": 3, "links": [[0, 0]], "rows": [[500, 250, 250]]}
    maps |= {"unit": "word", "eos": True}
    assert blocks(html, "maps") == [[[[{**maps, "rows": [*maps["rows"], [0, 0, 1000]]}]]]]


def test_records_of_one_number_are_an_n_best_list(tmp_path: Path) -> None:
    html = page_of(tmp_path, [record(0, ["a"], ["b"]), record(0, ["a"], ["c"]), record(1, ["d"], ["e"])])
    (facts,) = blocks(html, "facts")
    assert [[found["tgt"] for found in item["systems"][0]] for item in facts] == [["b", "c"], ["e"]]


def test_all_chunks_but_the_last_are_full(tmp_path: Path) -> None:
    html = page_of(tmp_path, [record(n, ["a"], ["b"]) for n in range(2 * CHUNK + 3)])
    for name in ("facts", "maps"):
        assert [len(block) for block in blocks(html, name)] == [CHUNK, CHUNK, 3]
    assert [item["number"] for block in blocks(html, "facts") for item in block] == list(range(2 * CHUNK + 3))
    assert len(blocks(page_of(tmp_path, [record(n, ["a"], ["b"]) for n in range(CHUNK)]), "facts")) == 1
    assert blocks(page_of(tmp_path, []), "facts") == []


@pytest.mark.parametrize("text", ATTACKS, ids=lambda text: ascii(text[:20]))
def test_hostile_text_adds_nothing_to_the_page(text: str, tmp_path: Path) -> None:
    html = page_of(tmp_path, [record(0, [text, text], [text, text])])
    hostile, harmless = Page(html), Page(page_of(tmp_path, [record(0, ["x", "x"], ["x", "x"])]))
    assert hostile.elements == harmless.elements
    assert hostile.attributes == harmless.attributes
    assert hostile.open == [] and hostile.comments == []
    ((item,),), ((maps,),) = blocks(html, "facts"), blocks(html, "maps")
    for shown in (item["src"], maps[0][0]["src"][0], maps[0][0]["tgt"][0]):
        assert shown.isprintable()
    assert len(maps[0][0]["src"][0]) <= 6 * LONGEST_TOKEN + 1
    assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff\u200b]", html)
    assert len(html) < 200_000


def test_hostile_names_of_files(tmp_path: Path) -> None:
    path = tmp_path / "<img src=x onerror=alert(1)>\u202e.jsonl"
    with open_writer("jsonl", path) as writer:
        writer.write(record(0, ["a"], ["b"]))
    with (tmp_path / "page").open("wb") as stream:
        assert write_view(stream, [path, path], "<script>alert(1)</script>") == 1
    html = (tmp_path / "page").read_text(encoding="utf-8")
    assert "<img" not in html and "<script>alert" not in html and "\u202e" not in html
    assert "\\u003cimg src=x onerror=alert(1)\\u003e\\\\u202e.jsonl" in html


def test_the_policy_lets_only_the_script_of_the_page_run(tmp_path: Path) -> None:
    html = page_of(tmp_path, [record(0, ["a"], ["b"])])
    (policy,) = [value for name, value in Page(html).attributes if name == "content" and "default-src" in value]
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    allowed = dict(part.split(" ", 1) for part in policy.split("; "))
    assert allowed["default-src"] == "'none'" and "unsafe" not in policy and "data:" not in policy
    for name, text in (("script-src", script), ("style-src", style)):
        digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
        assert allowed[name] == f"'sha256-{digest}'"
    assert allowed["require-trusted-types-for"] == "'script'" and allowed["trusted-types"] == "'none'"
    assert re.findall(r'\son\w+=|style="|href=|src="', html.replace(script, "")) == []


def test_the_script_makes_no_markup_and_reaches_nothing(tmp_path: Path) -> None:
    html = page_of(tmp_path, [])
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    forbidden = "innerHTML outerHTML insertAdjacentHTML document.write eval( Function( DOMParser srcdoc fetch( "
    forbidden += (
        "XMLHttpRequest WebSocket import( cookie localStorage createContextualFragment .src= .href= window.open"
    )
    assert [word for word in forbidden.split() if word in script] == []
    assert re.findall(r"https?://[^\"']*", html) == ["http://www.w3.org/2000/svg"]
    assert script.isascii() and "url(" not in html and "@import" not in html


def test_writing_keeps_memory_flat(tmp_path: Path) -> None:
    words = [f"w{n}" for n in range(12)]
    big = [record(n, words, words) for n in range(2)]
    peaks = []
    for count in (2 * CHUNK, 6 * CHUNK):
        tracemalloc.start()
        with open_writer("html", tmp_path / f"{count}") as writer:
            for n in range(count):
                writer.write(big[n % 2])
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (tmp_path / f"{6 * CHUNK}").stat().st_size > 2 * (tmp_path / f"{2 * CHUNK}").stat().st_size
    assert peaks[1] < 1.2 * peaks[0]


def exported(path: Path, records: list[AlignmentRecord]) -> Path:
    with path.open("wb") as stream, JsonlWriter(stream) as writer:
        for one in records:
            writer.write(one)
    return path


def test_two_systems_side_by_side(tmp_path: Path) -> None:
    a = exported(tmp_path / "a.jsonl", [record(0, ["x"], ["y"]), record(0, ["x"], ["z"]), record(1, ["x"], ["y"])])
    b = exported(tmp_path / "b.jsonl", [record(0, ["x"], ["v"]), record(1, ["x"], ["w"])])
    with (tmp_path / "page").open("wb") as stream:
        assert write_view(stream, [a, b], "Both") == 2
    html = (tmp_path / "page").read_text(encoding="utf-8")
    assert '<script type="application/json" id="meta">{"systems":["a.jsonl","b.jsonl"],' in html
    (facts,) = blocks(html, "facts")
    targets = [[[found["tgt"] for found in system] for system in item["systems"]] for item in facts]
    assert targets == [[["y", "z"], ["v"]], [["y"], ["w"]]]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ([0, 1, 2], "a.jsonl ends after 2 sentences, .*b.jsonl does not"),
        ([0], "b.jsonl ends after 1 sentences, .*a.jsonl does not"),
        ([0, 2], "b.jsonl: sentence 2 by word stands where .*a.jsonl has 1 by word"),
    ],
)
def test_exports_of_other_sentences(other: list[int], message: str, tmp_path: Path) -> None:
    a = exported(tmp_path / "a.jsonl", [record(n, ["x"], ["y"]) for n in (0, 1)])
    b = exported(tmp_path / "b.jsonl", [record(n, ["x"], ["y"]) for n in other])
    with (tmp_path / "page").open("wb") as stream, pytest.raises(DataError, match=message):
        write_view(stream, [a, b], "Both")


def test_exports_of_other_sources(tmp_path: Path) -> None:
    a = exported(tmp_path / "a.jsonl", [record(0, ["x"], ["y"]), record(1, ["x"], ["y"])])
    b = exported(tmp_path / "b.jsonl", [record(0, ["x"], ["y"]), record(1, ["x", "x"], ["y"])])
    with (tmp_path / "page").open("wb") as stream, pytest.raises(DataError) as caught:
        write_view(stream, [a, b], "Both")
    assert str(caught.value) == f"{b}: the source of sentence 1 is another one than in {a}; export the same text"


@pytest.mark.parametrize("source", ["a\u202eb\x1b", "\u202e" + "x" * LONGEST_TEXT])
def test_a_page_beside_the_export_that_it_shows(source: str, tmp_path: Path) -> None:
    """The page has the source as it shows it: characters made visible, the end cut off."""
    records = [record(0, [source], ["y"])]
    page_of(tmp_path, records)
    (page,) = tmp_path.glob("*.html")
    with (tmp_path / "both").open("wb") as stream:
        assert write_view(stream, [exported(tmp_path / "a.jsonl", records), page], "Both") == 1


def test_files_of_another_kind(tmp_path: Path) -> None:
    with (
        (tmp_path / "page").open("wb") as stream,
        pytest.raises(UserError, match=r"must end in .jsonl, .npz, .html, .svg or .png"),
    ):
        write_view(stream, [tmp_path / "a.pharaoh"], "x")
