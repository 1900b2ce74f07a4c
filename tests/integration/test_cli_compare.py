"""`nmt compare`: a table on stdout, JSON, a page and a picture."""

import json
import shutil
from xml.etree import ElementTree

import pytest


@pytest.fixture
def runs(tiny, tmp_path):
    """Two finished runs; the second has other translations."""
    for name in ("a", "b"):
        shutil.copytree(tiny.run, tmp_path / name, symlinks=True)
    references = tiny.text("test.de").read_bytes().split(b"\n")
    mixed = [*references[:4], *(tiny.run / "eval/test.hyp").read_bytes().split(b"\n")[4:]]
    (tmp_path / "b/eval/test.hyp").write_bytes(b"\n".join(mixed))
    return [tmp_path / "a", tmp_path / "b"]


def test_table(nmt, tiny, runs):
    result = nmt("compare", *runs)
    assert (result.code, result.err) == (0, "")
    title, _, titles, rule, first, second = result.lines
    assert title.startswith("test: 8 sentences, BLEU|nrefs:1|bs:1000|seed:12345|")
    names = [cell.strip() for cell in titles.split("|")[1:-1]]
    assert names[:3] == ["run", "parameters", "minutes"] and names[-2:] == ["difference", "p"]
    cells = [dict(zip(names, (cell.strip() for cell in row.split("|")[1:-1]), strict=True)) for row in (first, second)]
    scores = json.loads((tiny.run / "eval/test.scores.json").read_bytes())
    done = json.loads((tiny.run / "done.json").read_bytes())
    assert cells[0]["run"] == "a" and cells[0]["parameters"] == f"{done['parameters']:,}"
    assert cells[0]["BLEU"] == f"{scores['bleu']:.2f}" and cells[0]["AER %"] == f"{100 * scores['aer']:.2f}"
    assert cells[0]["± 95 %"] == f"{scores['confidence']['bleu']['half_width']:.2f}"
    assert float(cells[1]["difference"]) > 10 and float(cells[1]["p"]) < 0.05
    assert set(rule) <= set("|-: ")


def test_json(nmt, tiny, runs):
    (found,) = json.loads(nmt("compare", *runs, "--json").out)
    scores = json.loads((tiny.run / "eval/test.scores.json").read_bytes())
    assert found["rows"][0]["bleu_by_length"] == scores["bleu_by_length"]
    assert found["rows"][0]["runs"] == [str(runs[0])]
    assert found["rows"][1]["difference"] == found["rows"][1]["bleu"] - scores["bleu"]


def test_parameters_are_those_of_the_checkpoint(nmt, runs):
    """A run folder of version 0.1.0 does not say how many there are."""

    def counted():
        return json.loads(nmt("compare", runs[0], "--json").out)[0]["rows"][0]["parameters"]

    done = json.loads((runs[0] / "done.json").read_bytes())
    parameters = done.pop("parameters")
    assert counted() == parameters > 10_000
    (runs[0] / "done.json").write_text(json.dumps(done), encoding="utf-8")
    assert counted() == parameters
    shutil.rmtree(runs[0] / "checkpoints")
    assert counted() is None


def test_page_and_picture(nmt, runs, tmp_path):
    page, picture = tmp_path / "x.html", tmp_path / "x.svg"
    result = nmt("compare", *runs, "-o", page, "--output", picture)
    assert (result.code, result.err) == (0, f"wrote {page}\nwrote {picture}\n")
    assert ElementTree.parse(picture).getroot().tag == "{http://www.w3.org/2000/svg}svg"
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>") and text.endswith("</html>\n")
    assert picture.read_text(encoding="utf-8").strip() in text


def test_missing_translations_are_made(nmt, tiny, runs):
    shutil.rmtree(runs[1] / "eval")
    result = nmt("compare", *runs)
    assert result.code == 0
    assert result.err.split("\n")[0] == f"{runs[1]} has no translations of test yet"
    assert (runs[1] / "eval/test.hyp").read_bytes() == (tiny.run / "eval/test.hyp").read_bytes()
    assert result.lines[5].rstrip("| ").endswith("+0.00 | 1.0000")


def test_stale_translations(nmt, tiny, runs):
    """Those that the run would no longer make are refused until it has made them anew; without an origin they pass."""
    first, second = runs
    told, config = second / "eval/test.origin.json", (second / "config.yaml").read_text(encoding="utf-8")

    def refusal(command=("compare", first, second)):
        found = nmt(*command)
        assert (found.code, found.out) == (2, b"")
        return found.err.removeprefix(f"nmt: error: {second}: the stored translations of test were made ")

    again = f"; translate them again with: nmt evaluate {second} --set-name test\n"
    changed = config.replace("beam_size: 2", "beam_size: 3").replace("batch_sentences: 64", "batch_sentences: 5")
    (second / "config.yaml").write_text(changed, encoding="utf-8")
    assert refusal() == refusal(("evaluate", first, "--baseline", second)) == f"by another search (beam_size){again}"
    (second / "config.yaml").write_text(config.replace("batch_sentences: 64", "batch_sentences: 5"), encoding="utf-8")
    assert nmt("compare", first, second).code == 0

    steps = {path.name for path in (second / "checkpoints").glob("step-*")}
    other = min(steps - {(second / "checkpoints/best").readlink().name})
    (second / "checkpoints/best").unlink()
    (second / "checkpoints/best").symlink_to(other)
    assert refusal() == f"by other weights{again}"
    shutil.rmtree(second / "checkpoints")
    assert nmt("compare", first, second).code == 0

    source = tiny.text("test.en")
    (second / "test.en").write_bytes(source.read_bytes().replace(b"\n", b" x\n", 1))
    (second / "config.yaml").write_text(config.replace(str(source), str(second / "test.en")), encoding="utf-8")
    assert refusal() == f"of another source text{again}"
    told.write_text("{}", encoding="utf-8")
    assert refusal() == f"nmt: error: {told} is damaged; make it again with: nmt evaluate {second} --set-name test\n"
    told.unlink()
    assert nmt("compare", first, second).code == 0


def test_translations_made_anew_are_no_longer_stale(nmt, runs):
    config = (runs[1] / "config.yaml").read_text(encoding="utf-8")
    (runs[1] / "config.yaml").write_text(config.replace("beam_size: 2", "beam_size: 3"), encoding="utf-8")
    assert nmt("compare", *runs).code == 2
    assert nmt("evaluate", runs[1]).code == 0
    assert nmt("compare", *runs).code == 0


def test_wrong_flags(nmt, runs, tmp_path):
    wrong = nmt("compare", *runs, "-o", tmp_path / "x.pdf")
    assert wrong == (2, b"", f"nmt: error: --output {tmp_path / 'x.pdf'}: must end in .html or .svg\n")
    for run in runs:
        config = (run / "config.yaml").read_text(encoding="utf-8")
        start, _, rest = config.partition("  test:\n    test:\n")
        files, _, _ = rest.partition("  src_lang")
        (run / "config.yaml").write_text(f"{start}  test:\n    more:\n{files}    test:\n{rest}", encoding="utf-8")
        shutil.copy(run / "eval/test.hyp", run / "eval/more.hyp")
    assert nmt("compare", *runs, "-o", tmp_path / "x.svg").err == (
        "nmt: error: a curve is of one test set; choose it with --set-name: more, test\n"
    )
    assert not (tmp_path / "x.svg").exists()
    assert nmt("compare", *runs, "-o", tmp_path / "x.svg", "--set-name", "more").code == 0
    assert len([line for line in nmt("compare", *runs).lines if line.startswith("| a ")]) == 2
