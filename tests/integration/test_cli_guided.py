"""`train.guided_alignment`: from text to a run whose attention follows the links."""

import hashlib
import json
import re
import sys

import pytest


def train(nmt, tiny, run, *changes):
    flags = [part for change in changes for part in ("--set", change)]
    return nmt("train", "--config", tiny.config, "--run", run, *flags)


def aer(run):
    return json.loads((run / "eval/test.scores.json").read_text(encoding="utf-8"))["aer"]


def test_the_first_pass_guides_the_attention(nmt, tiny, tmp_path):
    run = tmp_path / "guided"
    result = train(nmt, tiny, run, "train.guided_alignment={weight: 2.0}", "train.max_steps=40")
    assert result.code == 0, result.err
    assert "aligning the words of the training text" in result.err
    links = run / "alignments/guided.pharaoh"
    assert links.read_bytes().count(b"\n") == 200
    assert aer(run) < aer(tiny.run)

    same = tmp_path / "same"
    changes = f"train.guided_alignment={{weight: 2.0, links: {links}}}", "train.max_steps=40"
    assert train(nmt, tiny, same, *changes).code == 0
    assert not (same / "alignments/guided.pharaoh").exists()
    name = "checkpoints/last/model.safetensors"
    assert (same / name).read_bytes() == (run / name).read_bytes()


@pytest.fixture
def start(nmt, tiny, tmp_path):
    """Starts a guided training of two steps, or goes on with it, on the first `lines` of the text."""
    text = {side: tiny.text(f"train.{side}").read_bytes().split(b"\n")[:-1] for side in ("en", "de")}

    def start(lines, *flags):
        for side in text:
            (tmp_path / f"train.{side}").write_bytes(b"".join(line + b"\n" for line in text[side][:lines]))
        (tmp_path / "run/report.html").unlink(missing_ok=True)
        changes = "train.guided_alignment={weight: 2.0}", "train.max_steps=2", "data.test={}"
        sides = f"data.train.src={tmp_path / 'train.en'}", f"data.train.tgt={tmp_path / 'train.de'}"
        flags = *flags, *(part for change in (*changes, *sides) for part in ("--set", change))
        return nmt("train", "--config", tiny.config, "--run", tmp_path / "run", *flags)

    return start


def test_changed_text_is_refused_before_it_is_aligned(start, tmp_path, tree):
    assert start(100).code == 0
    before = tree(tmp_path / "run/alignments")
    result = start(120)
    assert result.code == 2
    error = (
        rf"nmt: error: {tmp_path / 'train.en'} changed since the run started \(was (\w{{12}}), is (?!\1)\w{{12}}\); "
    )
    assert re.fullmatch(error + "start a new run or pass --allow-changed-data", result.err.split("\n")[-2])
    assert "aligning" not in result.err
    assert tree(tmp_path / "run/alignments") == before


def test_changed_text_is_aligned_again(start, tmp_path):
    links = tmp_path / "run/alignments/guided.pharaoh"
    assert start(100).code == 0
    assert links.read_bytes().count(b"\n") == 100
    result = start(120, "--allow-changed-data")
    assert result.code == 0, result.err
    assert "aligning the words of the training text" in result.err
    assert links.read_bytes().count(b"\n") == 120


def test_a_kill_while_changed_text_is_aligned(start, tmp_path, monkeypatch):
    """The new links are not taken for those of the old text, nor the other way round."""
    links = tmp_path / "run/alignments/guided.pharaoh"
    assert start(100).code == 0
    for written in (False, True):
        with monkeypatch.context() as patch:
            place = "nmt.pipeline.guidance.replace_file"

            def kill(path, content, written=written):
                if written == (path == links):
                    path.write_bytes(content)
                raise RuntimeError("killed")

            patch.setattr(place, kill)
            assert start(120, "--allow-changed-data").code == 1
        result = start(100, "--allow-changed-data")
        assert result.code == 0, result.err
        assert links.read_bytes().count(b"\n") == 100


def test_an_older_run_knows_its_text_by_the_words(start, tmp_path, tree, monkeypatch):
    asked, kept = [], tmp_path / "run/alignments"
    monkeypatch.setattr("nmt.pipeline.guidance.align", lambda words: [asked.append(pair) or [(0, 0)] for pair in words])
    assert start(100).code == 0
    (kept / "guided.text.sha256").unlink()
    (kept / "guided.sha256").write_text(hashlib.sha256(json.dumps(asked).encode()).hexdigest(), encoding="utf-8")
    before = tree(kept)
    assert start(120).code == 2
    result = start(100)
    assert result.code == 0, result.err
    assert tree(kept) == before


def test_a_killed_run_goes_on_with_the_links_that_it_found(nmt, tiny, tmp_path, monkeypatch):
    """It ends with the weights of a run that was left alone, bit for bit."""
    limits = "train.max_steps=8", "train.validate_every=3", "data.test={}"
    changes = "train.guided_alignment={weight: 2.0}", *limits
    assert train(nmt, tiny, tmp_path / "whole", *changes).code == 0

    def kill(self, step, *arguments):
        if step == 5:
            raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr("nmt.commands.progress.Screen.on_step", kill)
        assert train(nmt, tiny, tmp_path / "killed", *changes).code == 1
    monkeypatch.setattr("nmt.pipeline.guidance.align", None)
    result = train(nmt, tiny, tmp_path / "killed", *changes)
    assert result.code == 0, result.err
    assert "continuing at step 3" in result.err
    whole, killed = (tmp_path / name / "checkpoints/last/model.safetensors" for name in ("whole", "killed"))
    assert killed.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["0-0"] * 199, "has 199 lines"),
        (["0-0"] * 7 + ["0-0 0-99"] + ["0-0"] * 192, ":8: link 0-99 leads out of the sentence"),
        (["0-0"] * 199 + ["0-0 x"], ":200: 'x' is not a link"),
    ],
)
def test_wrong_links(nmt, tiny, tmp_path, lines, problem):
    links = tmp_path / "links"
    links.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    result = train(nmt, tiny, tmp_path / "run", f"train.guided_alignment={{links: {links}}}")
    assert result.code == 2
    assert problem in result.err.split("\n")[-2]
    assert not (tmp_path / "run").exists()


def test_eflomal_is_missing(nmt, tiny, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "eflomal", None)
    result = train(nmt, tiny, tmp_path / "run", "train.guided_alignment={aligner: eflomal}")
    assert result.code == 2
    assert result.err.endswith('links by eflomal need the package eflomal: pip install "nmt-attention[eflomal]"\n')
    assert not (tmp_path / "run").exists()


def test_links_by_eflomal(nmt, tiny, tmp_path, monkeypatch):
    """Which links it gives is what tests/unit/test_aligner_eflomal.py tests."""
    asked = []

    def diagonal(words):
        asked.extend(words)
        return [[(0, 0)] for _ in words]

    monkeypatch.setattr("nmt.pipeline.guidance.require_eflomal", lambda: None)
    monkeypatch.setattr("nmt.pipeline.guidance.align_with_eflomal", diagonal)
    run = tmp_path / "run"
    result = train(nmt, tiny, run, "train.guided_alignment={aligner: eflomal}", "train.max_steps=2", "data.test={}")
    assert result.code == 0, result.err
    assert (run / "alignments/guided.pharaoh").read_bytes() == b"0-0\n" * 200
    first = tiny.text("train.en").read_text(encoding="utf-8").split("\n")[0]
    assert " ".join(asked[0][0]).replace(" ", "") == first.replace(" ", "")


def test_a_model_without_attention_cannot_be_guided(nmt, tiny, tmp_path):
    changes = "train.guided_alignment={}", "model.decoder={type: plain, dim: 16}", "data.test={}"
    result = train(nmt, tiny, tmp_path / "run", *changes)
    assert result.code == 2
    assert result.err.endswith("train.guided_alignment: the model has no attention; leave it out\n")


def test_a_head_learns_alone_on_a_trained_model(nmt, tiny, tmp_path):
    """Its translations are those of the model, from which it starts, and its alignments are its own."""
    run, links = tmp_path / "head", tmp_path / "links"
    head = ["model.alignment_head={dim: 16, learn: alone}", "train.guided_alignment={weight: 1.0}"]
    result = train(nmt, tiny, run, *head, f"train.init_from={tiny.run}", "train.max_steps=30")
    assert result.code == 0, result.err
    assert (run / "eval/test.hyp").read_bytes() == (tiny.run / "eval/test.hyp").read_bytes()
    assert aer(run) < aer(tiny.run)
    for folder in (run, tiny.run):
        exported = nmt("align-export", folder, "--source", tiny.text("test.en"), "--format", "soft", "-o", links)
        assert exported.code == 0, exported.err
        (tmp_path / "links.soft").rename(tmp_path / f"{folder.name}.soft")
    one, other = ((tmp_path / f"{name}.soft").read_text(encoding="utf-8") for name in ("head", tiny.run.name))
    assert one != other
    assert [len(line.split()) for line in one.split("\n")] == [len(line.split()) for line in other.split("\n")]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (["model.alignment_head={}"], "model.alignment_head: it learns from links"),
        (
            ["model.alignment_head={learn: alone}", "train.guided_alignment={}"],
            "model.alignment_head.learn: alone needs a trained model, train.init_from",
        ),
    ],
)
def test_a_head_that_cannot_learn(nmt, tiny, tmp_path, changes, problem):
    result = train(nmt, tiny, tmp_path / "run", *changes)
    assert result.code == 2
    assert problem in result.err.split("\n")[-2]
