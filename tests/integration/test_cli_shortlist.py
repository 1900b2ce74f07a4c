"""`nmt translate --shortlist`, with a lexicon of the model's own alignments and with one made by hand."""

import pytest

from nmt.text.shortlist import Shortlist


def test_with_all_words_the_output_is_the_same(nmt, tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(Shortlist.__init__, "__defaults__", (120, 1))
    (tmp_path / "lexicon.tsv").write_bytes(b"the\tdie\n")
    text = tiny.text("test.en").read_bytes()
    free = nmt("translate", tiny.run, "--nbest", 2, stdin=text)
    assert free.code == 0
    assert nmt("translate", tiny.run, "--nbest", 2, "--shortlist", tmp_path / "lexicon.tsv", stdin=text) == free


def test_with_the_models_own_lexicon(nmt, tiny, tmp_path):
    made = nmt("lexicon", tiny.run, "-o", tmp_path / "lexicon.tsv")
    assert made.code == 0, made.err
    text = tiny.text("test.en").read_bytes()
    result = nmt("translate", tiny.run, "--shortlist", tmp_path / "lexicon.tsv", stdin=text)
    assert result.code == 0, result.err
    assert len(result.lines) == text.count(b"\n")


@pytest.mark.parametrize("content", [b"a\n", b"\tb\n"])
def test_a_damaged_lexicon_is_named(nmt, tiny, tmp_path, content):
    path = tmp_path / "lexicon.tsv"
    path.write_bytes(content)
    result = nmt("translate", tiny.run, "--shortlist", path, stdin=b"a\n")
    assert (result.code, result.out) == (2, b"")
    assert result.err == f"nmt: error: {path}:1: expected a source and a target word with a tab between them\n"
