"""`nmt align-export`: attention in files, of given pairs and of translations found by search."""

import json

import numpy as np
import pytest

SIDES = (("train", "train"), ("valid", "dev"))
CLOSE = 1e-5
"""The tiny runs compute in float32, and the files have 6 decimals."""


@pytest.fixture
def export(nmt, tmp_path):
    """Calls the command and gives the records of its jsonl file."""

    def run(*arguments):
        result = nmt("align-export", *arguments, "--format", "jsonl", "-o", tmp_path / "out")
        assert (result.code, result.out) == (0, b""), result.err
        assert result.err == f"wrote {tmp_path / 'out'}.jsonl\n"
        return read(tmp_path / "out.jsonl")

    return run


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def lines(path):
    *found, rest = path.read_text(encoding="utf-8").split("\n")
    assert rest == ""
    return found


def forced(tiny, run=None):
    return [run or tiny.run, "--source", tiny.text("test.en"), "--target", tiny.text("test.de")]


@pytest.mark.parametrize("target", [True, False], ids=["forced", "from search"])
def test_all_formats_tell_the_same(nmt, tiny, tmp_path, target):
    arguments = forced(tiny) if target else [tiny.run, "--source", tiny.text("test.en")]
    formats = ["pharaoh", "pharaoh-scores", "soft", "jsonl", "npz", "html", "a3", "tsv", "nematus", "svg"]
    result = nmt("align-export", *arguments, "--format", ",".join(formats), "-o", tmp_path / "x")
    assert (result.code, result.out) == (0, b"")
    assert result.err == f"wrote {', '.join(f'{tmp_path}/x.{name}' for name in formats)}\n"
    assert {path.name for path in tmp_path.iterdir()} == {f"x.{name}" for name in formats}

    records = read(tmp_path / "x.jsonl")
    assert [record["id"] for record in records] == list(range(8))
    pharaoh = [" ".join(f"{s}-{t}" for s, t in record["links"]) for record in records]
    assert lines(tmp_path / "x.pharaoh") == pharaoh
    scored = [[link.split(":") for link in line.split()] for line in lines(tmp_path / "x.pharaoh-scores")]
    assert [" ".join(link for link, _ in line) for line in scored] == pharaoh
    arrays = np.load(tmp_path / "x.npz", allow_pickle=False)
    tokens = json.loads(arrays["tokens.json"].tobytes())
    for number, (record, soft) in enumerate(zip(records, lines(tmp_path / "x.soft"), strict=True)):
        weights = np.array(record["attention"])
        assert weights.sum(1) == pytest.approx(np.ones(len(weights)), abs=1e-4)
        assert np.array([row.split(",") for row in soft.split()], dtype=float) == pytest.approx(weights, abs=1e-5)
        assert arrays[f"attention_{number}"] == pytest.approx(weights, abs=1e-6)
        assert arrays[f"attention_{number}"].dtype == np.float32
        assert tokens[number]["src_tokens"] == record["src_tokens"]
        for (s, t), (_, score) in zip(record["links"], scored[number], strict=True):
            assert float(score) == pytest.approx(weights[t, s], abs=1e-5)
    page = (tmp_path / "x.html").read_text(encoding="utf-8")
    assert all(word in page for word in records[0]["src_tokens"][:-1])
    assert "http://" not in page.replace("http://www.w3.org/", "") and "https://" not in page


def test_forced_pairs(export, tiny):
    records = export(*forced(tiny))
    for side in ("src", "tgt"):
        texts = tiny.text(f"test.{'en' if side == 'src' else 'de'}").read_text(encoding="utf-8").split("\n")
        assert [" ".join(record[f"{side}_tokens"]) for record in records] == [
            text.replace(".", " .").replace("?", " ?").replace("  ", " ") for text in texts[:-1]
        ]
    for record in records:
        assert record["unit"] == "word"
        assert record["eos"] is True
        assert np.shape(record["attention"]) == (len(record["tgt_tokens"]) + 1, len(record["src_tokens"]) + 1)
        assert record["score"] < 0


def test_links_are_the_largest_weights(export, tiny):
    for record in export(*forced(tiny)):
        rows = record["attention"][: len(record["tgt_tokens"])]
        best = [(max(range(len(row)), key=row.__getitem__), target) for target, row in enumerate(rows)]
        assert record["links"] == sorted([s, t] for s, t in best if s < len(record["src_tokens"]))


def test_links_over_a_threshold(export, tiny):
    records = export(*forced(tiny), "--method", "threshold=0.25")
    for record in records:
        rows = record["attention"][: len(record["tgt_tokens"])]
        over = sorted([s, t] for t, row in enumerate(rows) for s, weight in enumerate(row[:-1]) if weight >= 0.25)
        assert record["links"] == over
    assert any(len({t for _, t in record["links"]}) < len(record["links"]) for record in records)


def test_forced_alignment_of_a_translation_is_that_of_its_search(nmt, export, tiny, tmp_path):
    # the tiny vocabulary has hardly any word; "⁇" on the target side is an unknown word again
    searched = export(tiny.run, "--source", tiny.text("test.en"))
    ended = [len(record["attention"]) > len(record["tgt_tokens"]) for record in searched]
    assert sum(ended) > 4
    hypotheses = tmp_path / "hyp"
    hypotheses.write_text("".join(record["tgt"] + "\n" for record in searched), encoding="utf-8")
    assert hypotheses.read_bytes() == (tiny.run / "eval/test.hyp").read_bytes()
    for found, given in zip(
        searched, export(tiny.run, "--source", tiny.text("test.en"), "--target", hypotheses), strict=True
    ):
        assert found["tgt_tokens"] == given["tgt_tokens"]
        rows = len(found["attention"])
        assert np.array(found["attention"]) == pytest.approx(np.array(given["attention"])[:rows], abs=CLOSE)
        if rows > len(found["tgt_tokens"]):
            assert found["score"] == pytest.approx(given["score"], abs=1e-4)


def test_forced_attention_is_that_of_the_training_code(export, tiny):
    import torch

    from nmt.data.batch import collate
    from nmt.pipeline.loading import load_translator

    translator, _ = load_translator(tiny.run)
    for record in export(*forced(tiny))[:3]:
        src = translator.src.encode(record["src"]).ids
        tgt = translator.tgt.encode(record["tgt"]).ids
        with torch.inference_mode():
            weights = translator.model.force(collate([src], [tgt], [])).weights_BTS[0]
        assert np.array(record["attention"]) == pytest.approx(weights.numpy(), abs=CLOSE)


def word_starts(pieces):
    """For each piece the number of its word, after the rule that a piece beginning with ▁ begins a word."""
    numbers, words = [], -1
    for index, piece in enumerate(pieces):
        alone = index > 0 and pieces[index - 1] == "▁"
        words += index == 0 or (piece.startswith("▁") and not alone)
        numbers.append(words)
    return numbers


def test_words_from_pieces(export, tiny):
    pieces = export(*forced(tiny, tiny.subwords), "--unit", "piece")
    words = export(*forced(tiny, tiny.subwords), "--unit", "word")
    assert [record["src_tokens"] for record in words] == [record["src"].split() for record in words]
    assert sum(len(record["src_tokens"]) for record in pieces) > sum(len(record["src_tokens"]) for record in words)
    for fine, coarse in zip(pieces, words, strict=True):
        assert (fine["unit"], coarse["unit"]) == ("piece", "word")
        columns, rows = word_starts(fine["src_tokens"]), word_starts(fine["tgt_tokens"])
        columns, rows = [*columns, columns[-1] + 1], [*rows, rows[-1] + 1]
        expected = np.zeros((rows[-1] + 1, columns[-1] + 1))
        for t, row in enumerate(fine["attention"]):
            for s, weight in enumerate(row):
                expected[rows[t], columns[s]] += weight / rows.count(rows[t])
        assert np.array(coarse["attention"]) == pytest.approx(expected, abs=1e-4)


def test_without_eos(export, tiny):
    kept, dropped = export(*forced(tiny)), export(*forced(tiny), "--eos", "drop")
    for full, record in zip(kept, dropped, strict=True):
        weights = np.array(record["attention"])
        assert record["eos"] is False
        assert weights.shape == (len(record["tgt_tokens"]), len(record["src_tokens"]))
        words = np.array(full["attention"])[:-1, :-1]
        assert weights == pytest.approx(words / words.sum(1, keepdims=True), abs=1e-4)
        assert record["links"] == full["links"]


def test_empty_sides_keep_their_line(nmt, tiny, tmp_path):
    (tmp_path / "src").write_bytes(b"I sleep .\n\nI sleep .\n\n")
    (tmp_path / "tgt").write_bytes(b"Ich schlafe .\nIch schlafe .\n\n\n")
    result = nmt(
        *("align-export", tiny.run, "--source", tmp_path / "src", "--target", tmp_path / "tgt"),
        *("--format", "pharaoh,soft,jsonl,npz,html", "-o", tmp_path / "x"),
    )
    assert result.code == 0
    links = lines(tmp_path / "x.pharaoh")
    assert len(links) == 4
    assert links[0] and links[1:] == ["", "", ""]
    records = read(tmp_path / "x.jsonl")
    assert [len(record["src_tokens"]) for record in records] == [3, 0, 3, 0]
    assert [len(record["tgt_tokens"]) for record in records] == [3, 3, 0, 0]
    assert len(lines(tmp_path / "x.soft")) == 4


def test_empty_source_lines_of_a_search(export, tiny, tmp_path):
    (tmp_path / "src").write_bytes(b"\nI sleep .\n")
    empty, full = export(tiny.run, "--source", tmp_path / "src")
    assert (empty["tgt"], empty["links"]) == ("", [])
    assert full["tgt"] != ""


def test_default_is_one_pharaoh_file(nmt, tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert nmt("align-export", *forced(tiny)).code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["alignments.pharaoh"]


@pytest.mark.parametrize("name", ["pharaoh", "pharaoh-scores", "soft", "jsonl"])
def test_pairs_from_standard_input_go_to_standard_output(nmt, tiny, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    arguments = forced(tiny)
    pairs = zip(lines(arguments[2]), lines(arguments[4]), strict=True)
    stdin = "".join(f"{src}\t{tgt}\n" for src, tgt in pairs).encode()
    assert nmt("align-export", *arguments, "--format", name, "-o", "x").code == 0
    expected = (0, (tmp_path / f"x.{name}").read_bytes(), "")
    assert nmt("align-export", tiny.run, "--format", name, stdin=stdin) == expected
    assert nmt("align-export", *arguments, "--format", name, "-o", "-") == expected
    assert nmt("align-export", tiny.run, "--format", name, "-o", "y", stdin=stdin).out == b""
    assert (tmp_path / f"y.{name}").read_bytes() == expected[1]
    assert {path.name for path in tmp_path.iterdir()} == {f"x.{name}", f"y.{name}"}


def test_empty_sides_of_standard_input(nmt, tiny):
    stdin = b"I sleep .\tIch schlafe .\n\tIch\nI\t\n\t\n"
    found = nmt("align-export", tiny.run, stdin=stdin).lines
    assert found[0] and found[1:] == ["", "", ""]
    assert nmt("align-export", tiny.run, stdin=None) == (0, b"", "")


def test_same_command_same_bytes(nmt, tiny, tree, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        flags = ["--format", "pharaoh,soft,jsonl,npz,html", "-o", tmp_path / name / "x"]
        assert nmt("align-export", *forced(tiny), *flags).code == 0
    assert tree(tmp_path / "a") == tree(tmp_path / "b")


def test_a_format_twice_or_with_spaces(nmt, tiny, tmp_path):
    assert nmt("align-export", *forced(tiny), "--format", "soft, pharaoh,soft", "-o", tmp_path / "x").code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"x.pharaoh", "x.soft"}


def test_every_format_is_in_the_help():
    from nmt.alignment.formats.registry import WRITERS
    from nmt.commands.align_export import FORMATS

    assert FORMATS.split(",") == list(WRITERS)


def test_spans_are_places_in_the_raw_text(export, tiny, tmp_path):
    (tmp_path / "src").write_bytes(b"  The   man sleeps.\n\nI\xc2\xa0sleep .\n")
    (tmp_path / "tgt").write_bytes(b"Der Mann  schl\xc3\xa4ft.\n\nIch schlafe.\n")
    for arguments in ([], ["--target", tmp_path / "tgt"]):
        records = export(tiny.run, "--source", tmp_path / "src", *arguments)
        assert [record["src"] for record in records] == ["  The   man sleeps.", "", "I\u00a0sleep ."]
        for record in records:
            for side in ("src", "tgt"):
                found = [record[side][slice(*span)] for span in record[f"{side}_spans"]]
                assert found == record[f"{side}_tokens"]
    assert [record["tgt"] for record in records] == ["Der Mann  schläft.", "", "Ich schlafe."]
    assert records[0]["src_spans"] == [[2, 5], [8, 11], [12, 18], [18, 19]]


def test_n_best(export, nmt, tiny):
    records = export(tiny.run, "--source", tiny.text("test.en"), "--nbest", 2)
    printed = nmt("translate", tiny.run, "-i", tiny.text("test.en"), "--nbest", 2).lines
    assert [f"{record['id']} ||| {record['tgt']} ||| " for record in records] == [
        line.rpartition(" ||| ")[0] + " ||| " for line in printed
    ]
    ranks = [[record["rank"] for record in records if record["id"] == number] for number in range(8)]
    assert ranks == [[1, 2]] * 8
    best = export(tiny.run, "--source", tiny.text("test.en"))
    assert best == [record for record in records if record["rank"] == 1]


@pytest.fixture
def backwards(nmt, tiny, tmp_path):
    """A run of the other direction."""
    changes = [
        f"data.{name}={{src: {tiny.text(f'{text}.de')}, tgt: {tiny.text(f'{text}.en')}}}" for name, text in SIDES
    ]
    changes += ["data.src_lang=de", "data.tgt_lang=en", "data.test={}", "train.max_steps=20"]
    flags = [part for change in changes for part in ("--set", change)]
    result = nmt("train", "--config", tiny.config, "--run", tmp_path / "backwards", *flags)
    assert result.code == 0, result.err
    return tmp_path / "backwards"


def pairs_of(links):
    return [{tuple(map(int, link.split("-"))) for link in line.split()} for line in links]


def test_two_directions(nmt, tiny, backwards, tmp_path):
    """What joins is what each run exports by itself; how, is what tests/unit/test_alignment_symmetrize.py tests."""
    from nmt.alignment.symmetrize import METHODS, symmetrize

    def links(run, src, tgt, *flags):
        arguments = ["--source", src, "--target", tgt, *flags, "-o", tmp_path / "x"]
        result = nmt("align-export", run, *arguments)
        assert result.code == 0, result.err
        return pairs_of(lines(tmp_path / "x.pharaoh"))

    searched = nmt("translate", tiny.run, "-i", tiny.text("test.en")).out
    (tmp_path / "hyp").write_bytes(searched)
    for src, tgt in ((tiny.text("test.en"), tiny.text("test.de")), (tiny.text("test.en"), tmp_path / "hyp")):
        forward = links(tiny.run, src, tgt)
        back = [{(s, t) for t, s in found} for found in links(backwards, tgt, src)]
        assert any(a & b for a, b in zip(forward, back, strict=True))
        assert any(a ^ b for a, b in zip(forward, back, strict=True))
        assert links(tiny.run, src, tgt, "--reverse", backwards, "--symmetrize", "intersection") == [
            a & b for a, b in zip(forward, back, strict=True)
        ]
        for method in METHODS:
            joined = links(tiny.run, src, tgt, "--reverse", backwards, "--symmetrize", method)
            assert joined == [set(symmetrize(a, b, method)) for a, b in zip(forward, back, strict=True)]
    forced = links(tiny.run, tiny.text("test.en"), tmp_path / "hyp", "--reverse", backwards)
    flags = ["--reverse", backwards, "-o", tmp_path / "y"]
    assert nmt("align-export", tiny.run, "--source", tiny.text("test.en"), *flags).code == 0
    assert pairs_of(lines(tmp_path / "y.pharaoh")) == forced


def test_a_reverse_run_that_is_none(nmt, tiny, tmp_path):
    for flags, message in (
        (["--reverse", tiny.run], f"--reverse {tiny.run}: it translates en-de too; give a run of de-en"),
        (["--symmetrize", "union"], "--symmetrize union: only with --reverse RUN2"),
        (
            ["--reverse", tiny.run, "--symmetrize", "grow"],
            "symmetrisation 'grow' is unknown; did you mean 'grow-diag'?",
        ),
        (["--nbest", 2], "--nbest: given pairs are aligned without search; leave it out"),
    ):
        result = nmt("align-export", *forced(tiny), *flags, "-o", tmp_path / "x")
        assert (result.code, result.err) == (2, f"nmt: error: {message}\n")
    assert list(tmp_path.iterdir()) == []


def test_rows_moved_before_pieces_become_words(export, nmt, tiny, backwards, tmp_path):
    """`--shift -1`: a piece is aligned by the row that predicts the next one, in both directions."""
    pieces, moved = (
        export(*forced(tiny, tiny.subwords), "--unit", "piece", *flags) for flags in ([], ["--shift", "-1"])
    )
    words = export(*forced(tiny, tiny.subwords), "--shift", "-1")
    for before, after, coarse in zip(pieces, moved, words, strict=True):
        assert after["attention"] == [*before["attention"][1:], [0.0] * len(before["attention"][0])]
        columns, rows = word_starts(before["src_tokens"]), word_starts(before["tgt_tokens"])
        expected = np.zeros((rows[-1] + 2, columns[-1] + 2))
        for t, word in enumerate(rows):
            for s, column in enumerate([*columns, columns[-1] + 1]):
                expected[word, column] += before["attention"][t + 1][s] / rows.count(word)
        assert np.array(coarse["attention"]) == pytest.approx(expected, abs=1e-4)
    links = []
    for run, sides in ((tiny.run, "en de"), (backwards, "de en")):
        src, tgt = (tiny.text(f"test.{side}") for side in sides.split())
        result = nmt("align-export", run, "--source", src, "--target", tgt, "--shift", "-1", "-o", tmp_path / run.name)
        assert result.code == 0, result.err
        links.append(pairs_of(lines(tmp_path / f"{run.name}.pharaoh")))
    flags = ["--reverse", backwards, "--symmetrize", "union", "--shift", "-1", "-o", tmp_path / "both"]
    assert nmt("align-export", *forced(tiny), *flags).code == 0
    turned = [{(s, t) for t, s in found} for found in links[1]]
    assert pairs_of(lines(tmp_path / "both.pharaoh")) == [a | b for a, b in zip(links[0], turned, strict=True)]
