"""`scripts/distill.py`: a teacher's translations nearest to the references."""

import json
import runpy
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts/distill.py"
NBEST = [
    (0, "ein kleiner hund läuft"),
    (0, "ein kleiner hund rennt schnell"),
    (0, "eine katze schläft"),
    (1, "zwei männer"),
]


@pytest.fixture
def distill(tmp_path, monkeypatch):
    """Runs the script on n-best lists of two sentences."""

    def run(nbest):
        lines = "".join(json.dumps({"id": i, "hyp": hyp}) + "\n" for i, hyp in nbest)
        (tmp_path / "nbest").write_text(lines, encoding="utf-8")
        (tmp_path / "x.en").write_text("a small dog runs\ntwo men\n", encoding="utf-8")
        (tmp_path / "x.de").write_text("ein kleiner hund rennt\nzwei mann\n", encoding="utf-8")
        sides = ["--source", f"{tmp_path}/x.en", "--target", f"{tmp_path}/x.de"]
        monkeypatch.setattr(sys, "argv", [str(SCRIPT), f"{tmp_path}/nbest", *sides, "-o", f"{tmp_path}/out"])
        runpy.run_path(str(SCRIPT), run_name="__main__")

    return run


def test_references_then_the_nearest_translation(distill, tmp_path):
    distill(NBEST)
    source, target = ((tmp_path / f"out.{side}").read_text(encoding="utf-8").split("\n") for side in ("en", "de"))
    assert source == ["a small dog runs", "two men"] * 2 + [""]
    assert target == ["ein kleiner hund rennt", "zwei mann", "ein kleiner hund rennt schnell", "zwei männer", ""]


def test_translations_of_another_text(distill, tmp_path):
    with pytest.raises(SystemExit, match=f"nbest has 1 sentences, {tmp_path}/x.de 2$"):
        distill(NBEST[:3])
