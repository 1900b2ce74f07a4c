"""`nmt align-eval`: links against gold links."""

import json
import os
from pathlib import Path

import pytest

NMT_DATA = os.environ.get("NMT_DATA")


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Links and gold: |A| 3, |S| 2; A & S = {0-0}, A & P = {0-0, 1-1}."""
    monkeypatch.chdir(tmp_path)
    Path("links").write_bytes(b"0-0 1-1\n2-0\n")
    Path("gold").write_bytes(b"0-0 1?1\n0-1\n")


def test_one_line(nmt, files):
    # AER 1 - (1 + 2) / (3 + 2), precision 2/3, recall 1/2, F1 4/7
    counted = b"(2 sentences, 3 links, 2 sure, 3 possible)"
    expected = b"links  AER 40.00 %  precision 66.67  recall 50.00  F1 57.14  " + counted + b"\n"
    assert nmt("align-eval", "links", "--gold", "gold") == (0, expected, "")


def test_json(nmt, files):
    scores = json.loads(nmt("align-eval", "links", "--gold", "gold", "--json").out)
    assert scores == {
        "links": {
            "aer": 1 - 3 / 5,
            "precision": 2 / 3,
            "recall": 0.5,
            "f1": pytest.approx(4 / 7),
            "sentences": 2,
            "links": 3,
            "sure": 2,
            "possible": 3,
        }
    }


def test_a_row_for_each_sentence(nmt, files):
    result = nmt("align-eval", "links", "--gold", "gold", "--per-sentence")
    assert [line.split("\t") for line in result.lines] == [
        ["line", "links", "sure", "possible", "sure_hits", "possible_hits", "aer", "precision", "recall", "f1"],
        ["1", "2", "1", "2", "1", "2", "0.000000", "1.000000", "1.000000", "1.000000"],
        ["2", "1", "1", "1", "0", "0", "1.000000", "0.000000", "0.000000", "0.000000"],
    ]
    assert result.err.startswith("links  AER 40.00 %")


def test_naacl_gold(nmt, files):
    Path("naacl").write_bytes(b"1 1 1 S\n1 2 2 P\n2 1 2 S\n")
    assert nmt("align-eval", "links", "--gold", "naacl") == nmt("align-eval", "links", "--gold", "gold")


def test_bases(nmt, files):
    Path("links1").write_bytes(b"1-1 2-2\n3-1\n")
    Path("gold1").write_bytes(b"1-1 2?2\n1-2\n")
    expected = nmt("align-eval", "links", "--gold", "gold", "--json").out.replace(b'links": {', b'links1": {', 1)
    assert nmt("align-eval", "links1", "--gold", "gold1", "--hyp-base", 1, "--gold-base", 1, "--json").out == expected
    for arguments, guilty, flag in (
        (("links", "--gold", "gold1"), "gold1", "--gold-base"),
        (("links1", "--gold", "gold"), "links1", "--hyp-base of nmt align-eval"),
    ):
        result = nmt("align-eval", *arguments)
        assert (result.code, result.out) == (2, b"")
        assert result.err == (
            f"nmt: error: {guilty}: no link holds a 0, so it seems to count from 1; "
            f"say by {flag} whether it counts from 0 or 1\n"
        )


def test_links_that_the_tool_wrote(nmt, tiny, tmp_path):
    sides = ["--source", tiny.text("test.en"), "--target", tiny.text("test.de")]
    assert nmt("align-export", tiny.run, *sides, "--format", "pharaoh,pharaoh-scores", "-o", tmp_path / "x").code == 0
    scores = json.loads((tiny.run / "eval/test.scores.json").read_bytes())
    for name in ("x.pharaoh", "x.pharaoh-scores"):
        found = json.loads(nmt("align-eval", tmp_path / name, "--gold", tiny.text("test.align"), "--json").out)[name]
        assert (found["aer"], found["f1"]) == (scores["aer"], scores["alignment_f1"])


FIELDS = '"unit":"word","eos":true,"links":[[0,1]],"score":-1.0'
FORWARD = """\
{"id":0,"src":"a b","tgt":"x y","src_tokens":["a","b"],"tgt_tokens":["x","y"],%s,"attention":
[[0.5,0.3,0.2],[0.1,0.4,0.5],[0,0,1]]}
{"id":0,"rank":2,"src":"a b","tgt":"y","src_tokens":["a","b"],"tgt_tokens":["y","y"],%s,"attention":
[[1,0,0],[1,0,0]]}
{"id":1,"src":"a b","tgt":"x y","src_tokens":["a","b"],"tgt_tokens":["x","y"],%s,"attention":
[[0.2,0.8,0],[0.35,0.35,0.3],[0,0,1]]}
"""
REVERSE = """\
{"id":0,"src":"x y","tgt":"a b","src_tokens":["x","y"],"tgt_tokens":["a","b"],%s,"attention":
[[0.5,0.25,0.25],[0.1,0.9,0],[0,0,1]]}
{"id":1,"src":"x y","tgt":"a b","src_tokens":["x","y"],"tgt_tokens":["a","b"],%s,"attention":
[[0.2,0.2,0.6],[0.8,0.2,0],[0,0,1]]}
"""


@pytest.fixture
def exports(tmp_path, monkeypatch):
    """Two sentences by two directions; gold links x-a, y-b? and x-b.

    By argmax forward 0-0 | 1-0 0-1, reverse 0-0 1-1 | 1-0.
    """
    monkeypatch.chdir(tmp_path)
    for name, text in {"ab.jsonl": FORWARD, "ba.jsonl": REVERSE}.items():
        lines = text.replace("%s", FIELDS).replace('"attention":\n', '"attention":')
        Path(name).write_text(lines, encoding="utf-8")
    Path("gold").write_bytes(b"0-0 1?1\n1-0\n")


def rates(result):
    """(AER, links) by method; the method stands after the name of the file."""
    assert result.code == 0, result.err
    found = json.loads(result.out)
    assert all(name.startswith("ab.jsonl ") for name in found)
    return {name[len("ab.jsonl ") :]: (pytest.approx(each["aer"]), each["links"]) for name, each in found.items()}


def test_links_of_an_export(nmt, exports):
    # what the records hold: 0-1 twice, no hit of 2 + 2
    (scores,) = json.loads(nmt("align-eval", "ab.jsonl", "--gold", "gold", "--json").out).values()
    assert (scores["aer"], scores["links"]) == (1.0, 2)


@pytest.mark.parametrize("flags", [(), ("--method", "argmax"), ("--method", "agreement=0.4", "--reverse", "ba.jsonl")])
def test_gold_links_of_another_text(nmt, exports, flags):
    Path("gold").write_bytes(b"0-0 1?1\n1-0 0-2\n")
    result = nmt("align-eval", "ab.jsonl", "--gold", "gold", *flags)
    assert (result.code, result.out) == (2, b"")
    assert result.err == (
        "nmt: error: gold: sentence 2 has a link 0-2, counted from 0, but 2 source and 2 target words; the links must"
        " be of this text, cut into the same words\n"
    )


def test_methods_of_one_direction(nmt, exports):
    methods = "argmax, argmax=0.4,threshold=0.35"
    result = nmt("align-eval", "ab.jsonl", "--gold", "gold", "--method", methods, "--json")
    # argmax: 0-0 | 1-0 0-1; with 0.4 without the last one; threshold: 0-0 1-1 | 1-0 0-1 1-1
    assert rates(result) == {"argmax": (1 - 4 / 5, 3), "argmax=0.4": (0, 2), "threshold=0.35": (1 - (2 + 3) / 7, 5)}
    assert result.err == "lowest AER: ab.jsonl argmax=0.4\n"
    lines = nmt("align-eval", "ab.jsonl", "--gold", "gold", "--method", methods).lines
    assert lines[1] == (
        "ab.jsonl argmax=0.4  AER 0.00 %  precision 100.00  recall 100.00  F1 100.00  "
        "(2 sentences, 2 links, 2 sure, 3 possible)"
    )
    table = nmt("align-eval", "ab.jsonl", "--gold", "gold", "--method", "argmax", "--per-sentence")
    assert [line.split("\t")[1] for line in table.lines] == ["links", "1", "2"]


def test_methods_of_two_directions(nmt, exports):
    flags = ["--reverse", "ba.jsonl", "--symmetrize", "intersection,union", "--json"]
    result = nmt("align-eval", "ab.jsonl", "--gold", "gold", "--method", "argmax,agreement=0.4", *flags)
    # agreement: 0-0 sqrt(.25), 1-1 sqrt(.36) | 1-0 sqrt(.64), 1-1 sqrt(.07), 0-1 sqrt(.07)
    assert rates(result) == {
        "argmax intersection": (0, 2),
        "argmax union": (1 - (2 + 3) / 6, 4),
        "agreement=0.4": (0, 3),
    }


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["links", "--method", "argmax"], "links: must end in .jsonl, .npz, .html, .svg or .png"),
        (["links", "--reverse", "ba.jsonl"], "--reverse: only with --method"),
        (["ab.jsonl", "--symmetrize", "union"], "--symmetrize: only with --method"),
        (["ab.jsonl", "--method", "argmax", "--symmetrize", "union"], "--symmetrize union: only with --reverse FILE"),
        (["ab.jsonl", "--method", "agreement=0.4"], "link method 'agreement=0.4' compares two directions"),
        (["ab.jsonl", "--method", "argmax,best"], "link method 'best' is unknown"),
        (["ab.jsonl", "--method", "argmax", "--reverse", "ba.jsonl", "--symmetrize", "or"], "symmetrisation 'or' is"),
        (["ab.jsonl", "--method", "argmax", "--reverse", "cut.jsonl"], "cut.jsonl has 1 sentences and ab.jsonl has 2"),
        (["ab.jsonl", "--method", "argmax", "--reverse", "other.jsonl"], "other.jsonl: sentence 2 has 2 and 1 tokens"),
        (["ab.jsonl", "--method", "argmax,threshold=0.3", "--per-sentence"], "--per-sentence: a table is of one"),
        (["ab.jsonl", "--hyp-base", 1], "--hyp-base: ab.jsonl counts from 0; leave it out"),
    ],
)
def test_methods_that_do_not_fit(nmt, exports, flags, message):
    Path("links").write_bytes(b"0-0\n1-0\n")
    first, second, _ = Path("ba.jsonl").read_text(encoding="utf-8").split("\n")
    Path("cut.jsonl").write_text(f"{first}\n", encoding="utf-8")
    shorter = second.replace('["x","y"]', '["x"]').replace("[[0.2,0.2,0.6],[0.8,0.2,0],[0,0,1]]", "[[1,0],[1,0]]")
    Path("other.jsonl").write_text(f"{first}\n{shorter}\n", encoding="utf-8")
    result = nmt("align-eval", *flags, "--gold", "gold")
    assert (result.code, result.out) == (2, b"")
    assert message in result.err


@pytest.mark.skipif(not NMT_DATA, reason="NMT_DATA is not set to the folder with the data")
def test_published_values_digit_for_digit(nmt):
    data = Path(NMT_DATA)
    rows = (data / "aer-check/EXPECTED.tsv").read_text(encoding="utf-8").split("\n")[1:-1]
    assert len(rows) == 3
    for row in rows:
        name, gold, expected = row.split("\t")[:3]
        result = nmt("align-eval", data / "aer-check" / name, "--gold", data / gold, "--json")
        assert result.code == 0
        assert f'"aer": {expected},' in result.out.decode()
