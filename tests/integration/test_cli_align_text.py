"""`nmt align-text`: links of two texts without a model."""

import sys

import pytest

from nmt.alignment.symmetrize import METHODS, symmetrize


@pytest.fixture
def align(nmt, tiny, tmp_path):
    """Calls the command on the tiny training text and gives the links of each line."""

    def run(*flags):
        sides = ["--source", tiny.text("train.en"), "--target", tiny.text("train.de")]
        result = nmt("align-text", *sides, *flags, "-o", tmp_path / "links")
        assert (result.code, result.out) == (0, b""), result.err
        *lines, rest = (tmp_path / "links").read_text(encoding="utf-8").split("\n")
        assert rest == ""
        return [[tuple(map(int, link.split("-"))) for link in line.split()] for line in lines]

    return run


def test_every_symmetrisation(align):
    flags = ["--method", "ibm1", "--no-agree"]
    forward, reverse = (align(*flags, "--links", name) for name in ("forward", "reverse"))
    assert forward != reverse
    for name in METHODS:
        expected = [symmetrize(one, other, name) for one, other in zip(forward, reverse, strict=True)]
        assert align(*flags, "--links", name) == expected


def test_a_higher_threshold_keeps_fewer_links(align):
    some, few = ({(n, *link) for n, links in enumerate(align(*flags)) for link in links} for flags in THRESHOLDS)
    assert few < some


THRESHOLDS = [], ["--threshold", 0.9]


def test_marks_apart(align, tiny):
    src, tgt = (tiny.text(name).read_text(encoding="utf-8").split("\n") for name in ("train.en", "train.de"))

    def mixed(*flags):
        found = enumerate(align(*flags))
        linked = [(src[n].split()[i], tgt[n].split()[j]) for n, links in found for i, j in links]
        return [pair for pair in linked if (pair[0] in ".,?") != (pair[1] in ".,?")]

    assert mixed()
    assert not mixed("--punctuation-apart")


def test_text_to_learn_from_is_not_aligned(nmt, tiny, tmp_path):
    sides = ["--source", tiny.text("test.en"), "--target", tiny.text("test.de")]
    more = ["--with", tiny.text("train.en"), tiny.text("train.de")]
    assert nmt("align-text", *sides, *more, "-o", tmp_path / "x", "--method", "ibm1").code == 0
    assert (tmp_path / "x").read_bytes().count(b"\n") == 8


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--links", "union", "--threshold", 0.5], "--threshold: only with --links agreement, not union"),
        (["--method", "eflomal", "--alpha", 0.1], "--alpha: not with --method eflomal"),
        (["--method", "eflomal", "--punctuation-apart"], "--punctuation-apart: not with --method eflomal"),
        (["--method", "eflomal", "--no-agree"], "--agree: not with --method eflomal"),
        (["--method", "eflomal", "--links", "agreement"], "--links agreement: eflomal gives no probabilities; take"),
        (["--method", "eflomal", "--links", "union"], "links by eflomal need the package eflomal: pip install"),
    ],
)
def test_mistakes(nmt, tiny, tmp_path, monkeypatch, flags, message):
    monkeypatch.setitem(sys.modules, "eflomal", None)
    sides = ["--source", tiny.text("test.en"), "--target", tiny.text("test.de")]
    result = nmt("align-text", *sides, *flags, "-o", tmp_path / "x")
    assert (result.code, result.out) == (2, b"")
    assert result.err.startswith(f"nmt: error: {message}")
    assert list(tmp_path.iterdir()) == []
