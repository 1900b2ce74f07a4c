"""`nmt translate`: one line in, one line out."""

import json
import shutil

import pytest

NASTY = [
    "The man sleeps .",
    "",
    "   \t ",
    "the old woman\u2028sees\u2029the\u0085dog",
    "a\x0bb\x0cc\x1cd\x1ee",
    "carriage\rreturn inside",
    "\x00\x1b[31mred\x1b[0m \u202e",
    "a ||| b ||| c",
    "[/b] [bold] <s> </s> <unk> ⁇ ▁ $x$ <script>alert(1)</script>",
    "漢字かな交じり文 😀 e\u0301",
    "I",
]


def encoded(lines):
    return "".join(f"{line}\n" for line in lines).encode()


@pytest.fixture(scope="module")
def source(tiny):
    return tiny.text("test.en").read_text(encoding="utf-8").split("\n")[:-1]


def test_one_line_in_one_line_out(nmt, tiny, source):
    result = nmt("translate", tiny.run, stdin=encoded(source))
    assert result.code == 0
    assert result.err == ""
    assert len(result.lines) == len(source) == 8
    assert all(result.lines)
    assert len(set(result.lines)) > 3
    assert result.out == (tiny.run / "eval/test.hyp").read_bytes()


def test_lines_that_other_tools_split_or_lose(nmt, tiny):
    result = nmt("translate", tiny.run, stdin=encoded(NASTY))
    assert result.code == 0
    assert len(result.lines) == len(NASTY)
    assert [index for index, line in enumerate(result.lines) if not line] == [1, 2]
    assert not any(character in result.out for character in (b"\r", b"\x1b", b"\x00"))


def test_nothing_in_nothing_out(nmt, tiny):
    assert nmt("translate", tiny.run) == (0, b"", "")


def test_only_empty_lines(nmt, tiny):
    assert nmt("translate", tiny.run, stdin=b"\n\r\n \n") == (0, b"\n\n\n", "")


def test_last_line_without_its_end(nmt, tiny):
    first, last = nmt("translate", tiny.run, stdin=b"I sleep .\nI sleep .").lines
    assert first == last != ""


def test_byte_order_mark_and_carriage_returns_change_nothing(nmt, tiny, source):
    plain = nmt("translate", tiny.run, stdin=encoded(source)).out
    windows = b"\xef\xbb\xbf" + encoded(source).replace(b"\n", b"\r\n")
    assert nmt("translate", tiny.run, stdin=windows).out == plain


def test_a_file_is_read_as_standard_input_is(nmt, tiny, source):
    expected = nmt("translate", tiny.run, stdin=encoded(source)).out
    assert nmt("translate", tiny.run, "--input", tiny.text("test.en"), stdin=b"unused\n").out == expected


def test_a_sentence_alone_gives_what_it_gives_among_others(nmt, tiny, source):
    lines = [source[0], "", *source[1:4], " "]
    together = nmt("translate", tiny.run, stdin=encoded(lines)).lines
    assert together == [nmt("translate", tiny.run, stdin=encoded([line])).lines[0] for line in lines]


def test_n_best_as_moses_writes_it(nmt, tiny, source):
    lines = [*source[:3], "", source[3]]
    best = nmt("translate", tiny.run, "--beam", 4, stdin=encoded(lines)).lines
    result = nmt("translate", tiny.run, "--beam", 4, "--nbest", 3, stdin=encoded(lines))
    assert result.code == 0
    rows = [line.split(" ||| ") for line in result.lines]
    assert {len(row) for row in rows} == {3}
    found = {}
    for number, text, score in rows:
        found.setdefault(int(number), []).append((float(score), text))
    assert list(found) == [0, 1, 2, 3, 4]
    assert [entries[0][1] for entries in found.values()] == best
    assert found[3] == [(0.0, "")]
    for number in (0, 1, 2, 4):
        scores = [score for score, _ in found[number]]
        assert scores == sorted(scores, reverse=True)
        assert 1 < len({text for _, text in found[number]}) <= 3


def test_n_best_widens_the_beam_of_the_config(nmt, tiny):
    assert len(nmt("translate", tiny.run, "--nbest", 4, stdin=b"I sleep .\n").lines) > 2


def test_a_wider_beam_finds_no_less(nmt, tiny, source):
    def scores(beam):
        result = nmt("translate", tiny.run, "--json", "--beam", beam, stdin=encoded(source))
        return [json.loads(line)["score"] for line in result.lines]

    assert sum(scores(8)) >= sum(scores(1))


def test_json(nmt, tiny, source):
    lines = [source[0], "", "Xyzzy\u2028naïve ."]
    texts = nmt("translate", tiny.run, stdin=encoded(lines)).lines
    result = nmt("translate", tiny.run, "--json", stdin=encoded(lines))
    assert (result.code, result.err) == (0, "")
    objects = [json.loads(line) for line in result.lines]
    assert [found["id"] for found in objects] == [0, 1, 2]
    assert [found["hyp"] for found in objects] == texts
    first, empty, last = objects
    assert first["src"] == source[0]
    assert first["src_tokens"] == ["This", "is", "his", "lamp", "."]
    assert last["src_tokens"] == ["Xyzzy", "naïve", "."]
    assert empty == {
        "id": 1,
        "src": "",
        "hyp": "",
        "score": 0.0,
        "logprob": 0.0,
        "src_tokens": [],
        "hyp_tokens": [],
    }
    for found in (first, last):
        assert found["score"] < 0 and found["logprob"] < 0
        links = found["links"]
        assert links == sorted(links)
        assert all(0 <= s < len(found["src_tokens"]) and 0 <= t < len(found["hyp_tokens"]) for s, t in links)


def test_json_n_best(nmt, tiny):
    result = nmt("translate", tiny.run, "--json", "--nbest", 2, stdin=b"I sleep .\n\n")
    assert [json.loads(line)["id"] for line in result.lines] == [0, 0, 1]


def test_alignments_beside_the_translations(nmt, tiny, source, tmp_path):
    lines = [*source[:3], "", source[3]]
    flags = ["--align", f"pharaoh={tmp_path / 'links'}", "--align", f"jsonl={tmp_path / 'all'}"]
    result = nmt("translate", tiny.run, *flags, stdin=encoded(lines))
    assert result.out == nmt("translate", tiny.run, stdin=encoded(lines)).out
    assert result.err == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all", "links"]
    links = (tmp_path / "links").read_text(encoding="utf-8").split("\n")
    assert links[3] == links[-1] == ""
    records = [json.loads(line) for line in (tmp_path / "all").read_text(encoding="utf-8").split("\n")[:-1]]
    assert [" ".join(f"{s}-{t}" for s, t in record["links"]) for record in records] == links[:-1]
    assert [record["tgt"] for record in records] == result.lines
    objects = [json.loads(line) for line in nmt("translate", tiny.run, "--json", stdin=encoded(lines)).lines]
    assert [found.get("links", []) for found in objects] == [record["links"] for record in records]


def test_alignments_of_nothing(nmt, tiny, tmp_path):
    assert nmt("translate", tiny.run, "--align", f"pharaoh={tmp_path / 'links'}") == (0, b"", "")
    assert (tmp_path / "links").read_bytes() == b""


def test_input_that_breaks_off_leaves_no_alignments(nmt, tiny, tmp_path):
    result = nmt("translate", tiny.run, "--align", f"jsonl={tmp_path / 'a'}", stdin=b"I sleep .\n" * 5 + b"\xff\n")
    assert result.code == 2
    assert list(tmp_path.iterdir()) == []


def test_input_that_breaks_off_leaves_alignments_of_before(nmt, tiny, tmp_path):
    (tmp_path / "a").write_bytes(b"older")
    assert nmt("translate", tiny.run, "--align", f"jsonl={tmp_path / 'a'}", stdin=b"\xff\n").code == 2
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"older")]


def test_checkpoints(nmt, tiny, source):
    found = {
        name: nmt("translate", tiny.run, "--checkpoint", name, stdin=encoded(source)).out
        for name in ("best", "last", "40", "60")
    }
    best = json.loads((tiny.run / "done.json").read_bytes())["best_step"]
    assert found["best"] == found[str(best)]
    assert found["last"] == found["60"] != found["40"]


def test_a_very_long_line_is_cut_and_said(nmt, tiny):
    result = nmt("translate", tiny.run, "--beam", 1, stdin=b"I sleep .\n" + b"sleep " * 1100 + b"\n")
    assert result.code == 0
    assert len(result.lines) == 2
    assert result.err == "line 2: 1100 pieces, only the first 1000 are used\n"


def test_model_without_attention(nmt, tiny):
    result = nmt("translate", tiny.plain, stdin=b"\nI sleep .\n")
    assert (result.code, result.err) == (0, "")
    assert len(result.lines) == 2
    record = json.loads(nmt("translate", tiny.plain, "--json", stdin=b"I sleep .\n").lines[0])
    assert "links" not in record


def test_a_run_folder_can_be_moved(nmt, tiny, source, tmp_path):
    shutil.copytree(tiny.run, tmp_path / "elsewhere", symlinks=True)
    moved = nmt("translate", tmp_path / "elsewhere", stdin=encoded(source))
    assert moved.out == nmt("translate", tiny.run, stdin=encoded(source)).out
