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
        (("links1", "--gold", "gold"), "links1", "--hyp-base"),
    ):
        result = nmt("align-eval", *arguments)
        assert (result.code, result.out) == (2, b"")
        assert result.err == (
            f"nmt: error: {guilty}: no link holds a 0, so it seems to count from 1; "
            f"say what it does with `nmt align-eval {flag} 1` or `{flag} 0`\n"
        )


def test_links_that_the_tool_wrote(nmt, tiny, tmp_path):
    sides = ["--source", tiny.text("test.en"), "--target", tiny.text("test.de")]
    assert nmt("align-export", tiny.run, *sides, "--format", "pharaoh,pharaoh-scores", "-o", tmp_path / "x").code == 0
    scores = json.loads((tiny.run / "eval/test.scores.json").read_bytes())
    for name in ("x.pharaoh", "x.pharaoh-scores"):
        found = json.loads(nmt("align-eval", tmp_path / name, "--gold", tiny.text("test.align"), "--json").out)[name]
        assert (found["aer"], found["f1"]) == (scores["aer"], scores["alignment_f1"])


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
