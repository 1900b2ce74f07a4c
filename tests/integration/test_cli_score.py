"""`nmt score`: the log-probability of given pairs, from files and from tab-separated lines."""

import json
import math

import pytest


@pytest.fixture
def sides(tiny):
    return ["--source", tiny.text("test.en"), "--target", tiny.text("test.de")]


@pytest.fixture
def pairs(tiny):
    """The pairs of `sides` as lines with a tab."""
    src, tgt = (tiny.text(f"test.{side}").read_bytes().split(b"\n")[:-1] for side in ("en", "de"))
    return b"".join(b"%b\t%b\n" % pair for pair in zip(src, tgt, strict=True))


def objects(result):
    assert (result.code, result.err) == (0, "")
    return [json.loads(line) for line in result.lines]


def test_files_and_lines_have_the_same_scores(nmt, tiny, sides, pairs, tmp_path):
    printed = nmt("score", tiny.run, *sides)
    assert (printed.code, printed.err) == (0, "")
    assert all(float(line) < 0 for line in printed.lines) and len(printed.lines) == 8
    assert nmt("score", tiny.run, stdin=pairs) == printed
    assert nmt("score", tiny.run, stdin=b"\xef\xbb\xbf" + pairs.replace(b"\n", b"\r\n")) == printed
    assert nmt("score", tiny.run, *sides, "-o", tmp_path / "scores") == (0, b"", "")
    assert (tmp_path / "scores").read_bytes() == printed.out
    assert nmt("score", tiny.run, stdin=b"") == nmt("score", tiny.run, stdin=None) == (0, b"", "")


@pytest.mark.parametrize("kind", ["run", "plain", "subwords"])
def test_perplexity_is_that_of_evaluate(nmt, tiny, sides, kind):
    run = getattr(tiny, kind)
    evaluated = json.loads(nmt("evaluate", run, "--source", sides[1], "--ref", sides[3], "--json").out)["test.en"]
    scored = objects(nmt("score", run, *sides, "--json"))
    pieces = sum(len(one["tokens"]) for one in scored)
    assert pieces == evaluated["target_pieces"]
    perplexity = math.exp(-sum(one["score"] for one in scored) / pieces)
    assert perplexity == pytest.approx(evaluated["perplexity"], rel=1e-5)


def test_the_score_of_a_translation_is_that_of_its_search(nmt, tiny):
    found = objects(nmt("translate", tiny.run, "-i", tiny.text("test.en"), "--json", "--nbest", 2))
    stdin = "".join(f"{one['src']}\t{one['hyp']}\n" for one in found).encode()
    scored = objects(nmt("score", tiny.run, "--json", stdin=stdin))
    same = [score["score"] == pytest.approx(one["logprob"], abs=1e-4) for one, score in zip(found, scored, strict=True)]
    assert [score["tokens"] for score in scored] == [[*one["hyp_tokens"], "</s>"] for one in found]
    assert sum(same) > 8, "but for those that ran into the longest length"


def test_json_columns_and_means(nmt, tiny, pairs):
    rows = [line.split("\t") for line in nmt("score", tiny.subwords, "--per-token", stdin=pairs).lines]
    means = nmt("score", tiny.subwords, "--normalize", stdin=pairs).lines
    for normalize in ([], ["--normalize"]):
        scored = objects(nmt("score", tiny.subwords, "--json", *normalize, stdin=pairs))
        assert [one["id"] for one in scored] == list(range(8))
        for one, (total, logprobs, tokens), mean in zip(scored, rows, means, strict=True):
            assert list(one) == ["id", "score", "tokens", "token_scores"]
            assert tokens.split(" ") == one["tokens"]
            assert logprobs.split(" ") == [f"{value:.6f}" for value in one["token_scores"]]
            assert (mean if normalize else total) == f"{one['score']:.6f}"
            assert float(total) == pytest.approx(sum(one["token_scores"]), abs=1e-5)
            assert float(mean) == pytest.approx(float(total) / len(one["tokens"]), abs=1e-5)
    assert len({len(one["tokens"]) for one in scored}) > 2


def test_a_pair_with_an_empty_side_keeps_its_line(nmt, tiny):
    stdin = "\tIch schlafe .\nI sleep .\t \nI sleep .\tIch schlafe .\n\t\n\u3000\tIch\n".encode()
    for flags in ([], ["--normalize"], ["--per-token"]):
        lines = nmt("score", tiny.run, *flags, stdin=stdin).lines
        assert [bool(line) for line in lines] == [False, False, True, False, False]
    scored = objects(nmt("score", tiny.run, "--json", stdin=stdin))
    assert [one["score"] is None for one in scored] == [True, True, False, True, True]
    assert scored[0] == {"id": 0, "score": None, "tokens": [], "token_scores": []}


def test_ensemble(nmt, tiny, pairs):
    alone, both = (
        [float(line) for line in nmt("score", tiny.run, *flags, stdin=pairs).lines]
        for flags in ([], ["--ensemble", tiny.run])
    )
    assert both == pytest.approx(alone, abs=1e-4)
    mixed = [float(line) for line in nmt("score", tiny.run, "--ensemble", tiny.plain, stdin=pairs).lines]
    assert mixed != pytest.approx(alone, abs=1e-2)


def test_a_pair_that_is_too_long_is_cut_with_a_warning(nmt, tiny):
    result = nmt("score", tiny.run, stdin=b"I sleep .\tIch schlafe .\nI\t" + b"ich " * 1100 + b"\n")
    assert (result.code, len(result.lines)) == (0, 2)
    assert result.err == "line 2: 1100 pieces, only the first 1000 are used\n"
