"""The bugs that scripts/planted_bugs.py plants can be planted, and docs/reliability.md has a row for each promise."""

import importlib.util
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("planted_bugs", ROOT / "scripts" / "planted_bugs.py")
PLANTED = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(PLANTED)


def test_they_can_be_planted():
    for bug in PLANTED.BUGS:
        text = (ROOT / "nmt" / bug.file).read_text(encoding="utf-8")
        assert text.count(bug.old) == 1, bug
        compile(text.replace(bug.old, bug.new), bug.file, "exec")
        assert (ROOT / bug.test).is_file()


def test_the_page_has_every_promise_with_its_test():
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    rows = {line.split("|")[1].split(".")[0].strip(): line for line in page.split("\n") if re.match(r"\| P\d+\.", line)}
    assert list(rows) == [f"P{number}" for number in range(1, 13)]
    for bug in PLANTED.BUGS:
        assert f"`{bug.test}`" in rows[bug.promise], bug
