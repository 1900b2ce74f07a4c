"""Run folders of every released version open in this one: they translate as they did, and go on training.

A release adds its own with scripts/freeze_run.py; those that are there are never changed.
"""

import json
import shutil
from pathlib import Path

import pytest

FOLDERS = sorted((Path(__file__).parents[1] / "data" / "frozen").iterdir())


def test_there_is_one():
    assert "0.1.0" in {folder.name for folder in FOLDERS}


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def frozen(request, tmp_path):
    """A copy, which may be written to."""
    folder = tmp_path / request.param.name
    shutil.copytree(request.param, folder, symlinks=True)
    return folder


def test_it_is_small(frozen):
    assert sum(path.stat().st_size for path in frozen.rglob("*") if path.is_file()) < 60_000


@pytest.mark.parametrize("checkpoint", ["best", "last"])
def test_it_translates_as_it_did(nmt, tree, frozen, checkpoint):
    before = tree(frozen)
    result = nmt("translate", frozen / "run", "--input", frozen / "train.en", "--checkpoint", checkpoint)
    assert (result.code, result.err) == (0, "")
    assert result.out == (frozen / f"expected.{checkpoint}").read_bytes()
    assert tree(frozen) == before


def test_it_aligns_and_tells_about_itself(nmt, frozen):
    facts = json.loads(nmt("info", frozen / "run", "--json").out)
    assert (facts["step"], facts["epoch"], facts["best checkpoint"]) == (90, 23, "step-00000080")
    aligned = nmt("align-export", frozen / "run", "--source", frozen / "train.en", "-o", frozen / "links")
    assert (aligned.code, aligned.out) == (0, b"")
    assert (frozen / "links.pharaoh").read_bytes().count(b"\n") == 8


def test_it_goes_on_training(nmt, frozen):
    result = nmt("train", "--config", frozen / "run/config.yaml", "--run", frozen / "run")
    assert result.code == 0, result.err
    assert "\ncontinuing at step 90\n" in result.err
    assert nmt("translate", frozen / "run", "--input", frozen / "train.en").code == 0


def test_one_of_a_version_to_come_says_what_to_do(nmt, frozen):
    manifest = frozen / "run/checkpoints/step-00000090/MANIFEST.json"
    content = manifest.read_bytes().replace(b'"format": 1', b'"format": 2').replace(b'\n "sha256"', b'\n "was"')
    manifest.write_bytes(content)
    translate = ("translate", frozen / "run", "--checkpoint", "last")
    for command in (translate, ("train", "--config", frozen / "run/config.yaml", "--run", frozen / "run")):
        result = nmt(*command, stdin=b"a\n")
        assert result.code == 2
        assert result.err.split("\n")[-2] == (
            "nmt: error: step-00000090: format 2, this version reads up to 1; upgrade nmt"
        )
