"""`scripts/distill.py`: a teacher's translations nearest to the references."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts/distill.py"
NBEST = [
    (0, "ein kleiner hund läuft"),
    (0, "ein kleiner hund rennt schnell"),
    (0, "eine katze schläft"),
    (1, "zwei männer"),
]


def distill(folder: Path, nbest) -> subprocess.CompletedProcess[str]:
    (folder / "nbest").write_text(
        "".join(json.dumps({"id": i, "hyp": hyp}) + "\n" for i, hyp in nbest), encoding="utf-8"
    )
    (folder / "x.en").write_text("a small dog runs\ntwo men\n", encoding="utf-8")
    (folder / "x.de").write_text("ein kleiner hund rennt\nzwei mann\n", encoding="utf-8")
    sides = ["--source", folder / "x.en", "--target", folder / "x.de"]
    command = [sys.executable, SCRIPT, folder / "nbest", *sides, "-o", folder / "out"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_references_then_the_nearest_translation(tmp_path):
    assert distill(tmp_path, NBEST).returncode == 0
    source, target = ((tmp_path / f"out.{side}").read_text(encoding="utf-8").split("\n") for side in ("en", "de"))
    assert source == ["a small dog runs", "two men"] * 2 + [""]
    assert target == ["ein kleiner hund rennt", "zwei mann", "ein kleiner hund rennt schnell", "zwei männer", ""]


def test_translations_of_another_text(tmp_path):
    result = distill(tmp_path, NBEST[:3])
    assert result.returncode == 1 and result.stderr.endswith("nbest has 1 sentences, " + f"{tmp_path / 'x.de'} 2\n")
