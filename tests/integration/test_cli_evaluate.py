"""`nmt evaluate`: scores with signatures and intervals, tests against a baseline, AER against gold links."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest

NMT_DATA = os.environ.get("NMT_DATA")
BLEU = "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:"
TER = "nrefs:1|case:lc|tok:tercom|norm:yes|punct:yes|asian:no|version:"
CHRF = "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:"


def test_run(nmt, tiny, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(tiny.run, run, symlinks=True)
    trained = {path.name: path.read_bytes() for path in (run / "eval").iterdir()}
    shutil.rmtree(run / "eval")
    result = nmt("evaluate", run)
    assert result.code == 0
    assert result.err == "translating test set test: 8 sentences, beam 2\n"
    bleu, chrf, ter, aer = (line.split() for line in result.lines[:4])
    assert bleu[:2] == ["test", "BLEU"] and bleu[5].startswith(BLEU)
    assert chrf[:2] == ["test", "chrF"] and chrf[5].startswith(CHRF)
    assert ter[:2] == ["test", "TER"] and ter[5].startswith(TER)
    assert aer[:2] == ["test", "AER"] and aer[3:5] == ["%", "precision"]
    assert {path.name: path.read_bytes() for path in (run / "eval").iterdir()} == trained
    scores = json.loads(trained["test.scores.json"])
    assert bleu[2] == f"{scores['bleu']:.2f}"
    assert chrf[2] == f"{scores['chrf']:.2f}"
    assert ter[2] == f"{scores['ter']:.2f}"
    assert bleu[3:5] == ["±", f"{scores['confidence']['bleu']['half_width']:.2f}"]
    assert aer[2] == f"{100 * scores['aer']:.2f}"
    perplexity = f"perplexity {scores['perplexity']:.2f} of {scores['target_pieces']} target pieces"
    assert result.lines[4] == f"test  {perplexity}" and scores["perplexity"] > 1
    assert sum(row["sentences"] for row in scores["bleu_by_length"]) == scores["sentences"] == 8


def test_parts_of_a_run(nmt, tiny):
    """Unknown words are those that are not in the vocabularies of the run folder."""
    lines = nmt("evaluate", tiny.run).lines[5:]
    scores = json.loads((tiny.run / "eval/test.scores.json").read_bytes())
    counts = []
    for side, ending in (("src", "en"), ("tgt", "de")):
        known = {*json.loads((tiny.run / f"vocab/{side}.json").read_bytes())}
        texts = tiny.text(f"test.{ending}").read_text(encoding="utf-8").split("\n")[:-1]
        counts.append([sum(word not in known for word in text.split()) for text in texts])
    assert scores["unknown_words"] == {"source": sum(counts[0]), "reference": sum(counts[1])}
    assert sum(counts[0]) > 0
    rows = {row["from"]: row["sentences"] for row in scores["bleu_by_unknown"]}
    assert rows == {n: found for n in range(5) if (found := sum(min(count, 4) == n for count in counts[0]))}
    assert scores["no_unk"]["sentences"] == sum(pair == (0, 0) for pair in zip(*counts, strict=True))
    lengths = f"({scores['hypothesis_length']} of {scores['reference_length']} tokens)"
    assert lines[0].startswith("test  brevity penalty ") and lines[0].endswith(lengths)
    assert lines[1].startswith("test  BLEU by source length: ")
    assert lines[2] == f"test  unknown words: {sum(counts[0])} in the sources, {sum(counts[1])} in the references"
    assert lines[3].startswith("test  BLEU by unknown source words: ")
    assert lines[4].startswith("test  BLEU without unknown words: ") and len(lines) == 5


def test_baseline_run(nmt, tiny, tmp_path):
    """Of another run whose translations are not there yet."""
    other = tmp_path / "other"
    shutil.copytree(tiny.run, tmp_path / "run", symlinks=True)
    shutil.copytree(tiny.run, other, symlinks=True)
    (other / "config.yaml").write_text(
        (other / "config.yaml").read_text(encoding="utf-8").replace("beam_size: 2", "beam_size: 1"), encoding="utf-8"
    )
    (other / "eval/test.hyp").unlink()
    result = nmt("evaluate", tmp_path / "run", "--baseline", other)
    assert result.code == 0
    assert result.err.split("\n")[:2] == [
        f"{other} has no translations of test yet",
        "translating test set test: 8 sentences, beam 1",
    ]
    assert f"warning: --baseline {other} translates by another search: beam_size 2, 1" in result.err.split("\n")
    mine, theirs = (json.loads((run / "eval/test.scores.json").read_bytes()) for run in (tmp_path / "run", other))
    found = mine["baseline"]
    assert found["run"] == str(other)
    assert found["bleu"]["score"] == theirs["bleu"]
    assert found["bleu"]["difference"] == mine["bleu"] - theirs["bleu"]
    assert 0 < found["bleu"]["p_value"] <= 1
    p_value = f"(p = {found['bleu']['p_value']:.4f})"
    assert result.lines[-1].startswith(
        f"test  against {other}: BLEU {found['bleu']['difference']:+.2f} {p_value}, chrF "
    )
    assert nmt("evaluate", tmp_path / "run", "--baseline", tiny.plain) == (
        *(2, b"", f"nmt: error: {tiny.plain} has no test set test\n"),
    )


def test_baseline_file(nmt, tmp_path):
    for name, line in (("hyp", "a b c d e"), ("ref", "a b c d e"), ("other", "a b c d x")):
        (tmp_path / name).write_text(f"{line}\n" * 9, encoding="utf-8")
    files = (tmp_path / "hyp", "--ref", tmp_path / "ref", "--baseline")
    found = json.loads(nmt("evaluate", *files, tmp_path / "other", "--json").out)["hyp"]
    assert found["baseline"]["bleu"]["score"] == pytest.approx(100 * (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25)
    assert found["baseline"]["ter"]["difference"] == pytest.approx(-20)
    same = json.loads(nmt("evaluate", *files, tmp_path / "hyp", "--json").out)["hyp"]["baseline"]["bleu"]
    assert same == {"score": pytest.approx(100), "difference": 0, "p_value": 1}


def test_a_set_that_the_config_does_not_name(nmt, tiny, tmp_path, tree):
    """The same files by hand get the same scores; the run folder stays as it is."""
    before, stored = tree(tiny.run), json.loads((tiny.run / "eval/test.scores.json").read_bytes())
    source, ref, gold = (tiny.text(f"test.{ending}") for ending in ("en", "de", "align"))
    result = nmt("evaluate", tiny.run, "--source", source, "--ref", ref, "--gold-align", gold, "--json")
    assert (result.code, result.err) == (0, f"translating {source}: 8 sentences, beam 2\n")
    assert json.loads(result.out) == {"test.en": stored}
    moved = re.sub("[0-9]+", lambda place: str(int(place[0]) + 1), gold.read_text(encoding="utf-8"))
    (tmp_path / "one.align").write_text(moved, encoding="utf-8")
    flags = ("--source", source, "--ref", ref, "--gold-align", tmp_path / "one.align", "--json")
    assert json.loads(nmt("evaluate", tiny.run, *flags, "--gold-base", 1).out) == {"test.en": stored}
    for wrong, message in (([], "no link holds a 0"), (["--gold-base", 0], "has a link")):
        result = nmt("evaluate", tiny.run, *flags, *wrong)
        assert (result.code, result.out) == (2, b"") and f"one.align: {message}" in result.err.replace(
            "sentence 1 ", ""
        )
    others = nmt("evaluate", tiny.run, "--source", source, "--ref", ref, "--baseline", tiny.plain, "--json")
    (tmp_path / "plain.de").write_bytes(nmt("translate", tiny.plain, "-i", source).out)
    flags = ("--baseline", tmp_path / "plain.de", "--tokenize", "char")
    from_file = nmt("evaluate", tiny.run, "--source", source, "--ref", ref, *flags, "--json")
    by_run, by_file = (json.loads(found.out)["test.en"] for found in (others, from_file))
    assert "aer" not in by_run and by_run["perplexity"] == stored["perplexity"]
    assert by_run["baseline"]["chrf"] == by_file["baseline"]["chrf"]
    assert by_run["baseline"]["run"] == str(tiny.plain) and by_run["baseline"]["bleu"]["difference"] != 0
    assert "tok:13a" in by_run["signature"] and "tok:char" in by_file["signature"]
    assert tree(tiny.run) == before


def test_a_file_with_its_sources(nmt, tiny):
    hyp, source, ref = tiny.run / "eval/test.hyp", tiny.text("test.en"), tiny.text("test.de")
    stored = json.loads((tiny.run / "eval/test.scores.json").read_bytes())
    scores = json.loads(nmt("evaluate", hyp, "--ref", ref, "--source", source, "--json").out)["test.hyp"]
    assert scores["bleu_by_length"] == stored["bleu_by_length"]
    assert "no_unk" not in scores and "perplexity" not in scores
    assert any("BLEU by source length" in line for line in nmt("evaluate", hyp, "--ref", ref, "--source", source).lines)


def test_files_that_do_not_fit(nmt, tiny, tmp_path):
    for name, lines in (("hyp", 2), ("ref", 3)):
        (tmp_path / name).write_text("a\n" * lines, encoding="utf-8")
    hyp, ref = tmp_path / "hyp", tmp_path / "ref"
    assert nmt("evaluate", hyp, "--ref", hyp) == (
        *(2, b"", f"nmt: error: {hyp}: translations and references are the same file\n"),
    )
    assert nmt("evaluate", hyp, "--ref", ref).err == (
        f"nmt: error: {hyp} has 2 lines, {ref} 3; first unpaired line: {ref}:3\n"
    )
    assert nmt("evaluate", ref, "--ref", tmp_path / "hyp", "--baseline", hyp).code == 2
    three, two, gold = (tmp_path / name for name in ("three", "two", "gold"))
    for path, lines in ((three, 3), (two, 2), (gold, 1)):
        path.write_text("0-0\n" * lines, encoding="utf-8")
    for arguments, problem in {
        (hyp, "--ref", two, "--source", three): f"{three} has 3 lines, {two} 2; first unpaired line: {three}:3",
        (tiny.run, "--source", three, "--ref", two): f"{three} has 3 lines, {two} 2; first unpaired line: {three}:3",
        (tiny.run, "--source", three, "--ref", ref, "--baseline", two): f"{two} has 2 lines, {ref} 3; first unpaired "
        f"line: {ref}:3",
    }.items():
        assert nmt("evaluate", *arguments) == (2, b"", f"nmt: error: {problem}\n")
    assert nmt("evaluate", tiny.run, "--source", three, "--ref", ref, "--gold-align", gold).err == (
        f"translating {three}: 3 sentences, beam 2\n"
        f"nmt: error: {gold} has 1 sentences for 3 sentence pairs; line n must be sentence n\n"
    )


def test_json_of_one_set(nmt, tiny):
    result = nmt("evaluate", tiny.run, "--set-name", "test", "--json")
    assert json.loads(result.out) == {"test": json.loads((tiny.run / "eval/test.scores.json").read_bytes())}


def test_beam_changes_the_translations_only(nmt, tiny, tmp_path):
    shutil.copytree(tiny.run, tmp_path / "run", symlinks=True)
    before = json.loads((tmp_path / "run/eval/test.scores.json").read_bytes())
    result = nmt("evaluate", tmp_path / "run", "--beam", 1, "--json")
    assert result.err == "translating test set test: 8 sentences, beam 1\n"
    after = json.loads(result.out)["test"]
    forced = [key for key in before if "ali" in key or key in ("aer", "perplexity", "target_pieces")]
    assert len(forced) == 6
    assert [after[key] for key in forced] == [before[key] for key in forced]
    (tmp_path / "greedy").write_bytes(nmt("translate", tiny.run, "--beam", 1, "-i", tiny.text("test.en")).out)
    theirs = json.loads(nmt("evaluate", tmp_path / "greedy", "--ref", tiny.text("test.de"), "--json").out)["greedy"]
    assert after["bleu"] == theirs["bleu"] and after["ter"] == theirs["ter"]


@pytest.mark.parametrize("flags", [["--beam", 1], ["--checkpoint", "last"], ["--forbid-unk"]], ids=str)
def test_the_run_keeps_the_scores_of_its_own_settings(nmt, tiny, tmp_path, flags):
    shutil.copytree(tiny.run, tmp_path / "run", symlinks=True)
    before = {path.name: path.read_bytes() for path in (tmp_path / "run/eval").iterdir()}
    (tmp_path / "run/eval/test.hyp").write_text("kept\n", encoding="utf-8")
    assert nmt("evaluate", tmp_path / "run", *flags).code == 0
    after = {path.name: path.read_bytes() for path in (tmp_path / "run/eval").iterdir()}
    assert after == {**before, "test.hyp": b"kept\n"}


def test_aer_is_that_of_the_exported_links(nmt, tiny, tmp_path):
    sides = ["--source", tiny.text("test.en"), "--target", tiny.text("test.de")]
    assert nmt("align-export", tiny.run, *sides, "-o", tmp_path / "links").code == 0
    result = nmt("evaluate", tmp_path / "links.pharaoh", "--gold-align", tiny.text("test.align"), "--json")
    scores = json.loads((tiny.run / "eval/test.scores.json").read_bytes())
    names = ["aer", "alignment_precision", "alignment_recall", "alignment_f1"]
    assert json.loads(result.out) == {"links.pharaoh": {name: scores[name] for name in names}}


def test_model_without_attention_has_no_aer(nmt, tiny, tmp_path):
    shutil.copytree(tiny.plain, tmp_path / "run", symlinks=True)
    config = tmp_path / "run/config.yaml"
    src, tgt, align = (tiny.text(f"test.{end}") for end in ("en", "de", "align"))
    text = config.read_text(encoding="utf-8")
    assert "  test: {}\n" in text
    sets = f"  test: {{t: {{src: {src}, tgt: {tgt}, align: {align}}}}}\n"
    config.write_text(text.replace("  test: {}\n", sets), encoding="utf-8")
    result = nmt("evaluate", tmp_path / "run")
    assert result.code == 0
    assert [line.split()[1] for line in result.lines[:4]] == ["BLEU", "chrF", "TER", "perplexity"]
    assert not any("AER" in line for line in result.lines)


def test_file_of_translations(nmt, tmp_path):
    (tmp_path / "hyp").write_text("the cat sat on the mat\n\n", encoding="utf-8")
    (tmp_path / "ref").write_text("the cat sat on a mat\nhello\n", encoding="utf-8")
    # 6 words for 7: brevity penalty e^(-1/6); precisions 5/6, 3/5, 2/4, 1/3
    expected = 100 * 2.718281828459045 ** (-1 / 6) * (5 / 6 * 3 / 5 * 2 / 4 * 1 / 3) ** 0.25
    result = nmt("evaluate", tmp_path / "hyp", "--ref", tmp_path / "ref", "--json")
    scores = json.loads(result.out)["hyp"]
    assert scores["bleu"] == pytest.approx(expected, abs=1e-9)
    assert scores["signature"].startswith(BLEU)
    assert scores["sentences"] == 2
    shown = nmt("evaluate", tmp_path / "hyp", "--ref", tmp_path / "ref").lines
    assert shown[0].startswith(f"hyp  BLEU {expected:.2f} ± ") and BLEU in shown[0]
    assert shown[1].startswith("hyp  chrF ") and CHRF in shown[1]


def test_flags_that_would_do_nothing_are_refused(nmt, tiny):
    run, text, links = tiny.run, tiny.text("test.de"), tiny.text("test.align")
    own = f"{run} is a run folder, whose config says it for its test sets; only with --source and --ref"
    both = "a run takes --source and --ref together, or neither for the test sets of its config"
    translations = "only for translations; leave it out with --gold-align"
    sides = ("--source", tiny.text("test.en"), "--ref", text)
    refused = {
        (run, "--tokenize", "none"): f"--tokenize: {own}",
        (run, "--gold-align", links): f"--gold-align: {own}",
        (run, "--ref", text): f"--ref: {both}",
        (run, "--source", text, "--tokenize", "none"): f"--source: {both}",
        (run, *sides, "--set-name", "test"): "--set-name: names a test set of the config; leave it out with --source",
        (run, *sides, "--tokenize", "moses"): "--tokenize moses: must be one of 13a, none, intl, char, zh",
        (tiny.plain, *sides, "--gold-align", links): "--gold-align: this model has no attention, so it has no "
        "alignments; leave it out",
        (run, "--gold-base", 0): "--gold-base: only with --gold-align",
        (text, "--source", text): f"{text}: give --ref for a file of translations, --gold-align for links, or a run "
        "folder",
        (text, "--ref", text, "--beam", 1): f"--beam: {text} is a file; only runs translate",
        (text, "--ref", text, "--forbid-unk"): f"--forbid-unk: {text} is a file; only runs translate",
        (text, "--ref", text, "--checkpoint", "last"): f"--checkpoint: {text} is a file; only runs translate",
        (text, "--ref", text, "--set-name", "test"): f"--set-name: {text} is a file; only runs translate",
        (links, "--gold-align", links, "--ref", text): f"{links}: either --ref for a file of translations, "
        "--gold-align for links, or a run folder",
        (links, "--gold-align", links, "--tokenize", "13a"): f"--tokenize: {translations}",
        (links, "--gold-align", links, "--baseline", run): f"--baseline: {translations}",
        (links, "--gold-align", links, "--source", text): f"--source: {translations}",
    }
    for arguments, message in refused.items():
        assert nmt("evaluate", *arguments) == (2, b"", f"nmt: error: {message}\n")


def test_tokenizer_of_a_file(nmt, tmp_path):
    (tmp_path / "hyp").write_text("one, two, three, four.\n", encoding="utf-8")
    (tmp_path / "ref").write_text("one , two , three , four .\n", encoding="utf-8")
    files = [tmp_path / "hyp", "--ref", tmp_path / "ref", "--json"]
    assert json.loads(nmt("evaluate", *files).out)["hyp"]["bleu"] == pytest.approx(100)
    raw = json.loads(nmt("evaluate", *files, "--tokenize", "none").out)["hyp"]
    assert raw["bleu"] < 50
    assert "tok:none" in raw["signature"]


def test_file_of_links(nmt, tmp_path):
    # |A| 3, |S| 2; A & S = {0-0}, A & P = {0-0, 1-1}: AER 1 - (1 + 2) / (3 + 2), precision 2/3, recall 1/2
    (tmp_path / "links").write_text("0-0 1-1\n2-0\n", encoding="utf-8")
    (tmp_path / "gold").write_text("0-0 1?1\n0-1\n", encoding="utf-8")
    (tmp_path / "one").write_text("1-1 2?2\n1-2\n", encoding="utf-8")
    expected = (0, b"links  AER 40.00 %  precision 66.67  recall 50.00\n", "")
    assert nmt("evaluate", tmp_path / "links", "--gold-align", tmp_path / "gold") == expected
    assert nmt("evaluate", tmp_path / "links", "--gold-align", tmp_path / "one", "--gold-base", 1) == expected


@pytest.mark.skipif(not NMT_DATA, reason="NMT_DATA is not set to the folder with the data")
def test_aer_of_published_alignments(nmt):
    data = Path(NMT_DATA)
    header, *rows = (data / "aer-check/EXPECTED.tsv").read_text(encoding="utf-8").split("\n")[:-1]
    assert header.split("\t")[:3] == ["alignment", "gold", "aer"]
    assert len(rows) == 3
    for row in rows:
        name, gold, expected = row.split("\t")[:3]
        result = nmt("evaluate", data / "aer-check" / name, "--gold-align", data / gold, "--json")
        assert result.code == 0
        assert f'"aer": {expected},' in result.out.decode()
