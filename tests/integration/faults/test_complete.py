"""The catalogue is complete: every row has a test."""

import ast
import re
from pathlib import Path

import pytest

from .catalogue import ELSEWHERE

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[2]
LAST = {"A": 21, "B": 51, "C": 70, "D": 100}
ROWS = {f"{part}{row:02}" for row in range(1, 101) for part in [next(p for p, last in LAST.items() if row <= last)]}


def rows_in(path):
    """The rows that the names of tests and cases begin with."""
    text = path.read_text(encoding="utf-8")
    cases = set(re.findall(r"\"([ABCD]\d{2,3})[ \"]", text))
    functions = set(re.findall(r"[ABCD]\d{2,3}", " ".join(re.findall(r"def test_\w+", text)).upper()))
    return cases | functions


def test_every_row_is_somewhere():
    here = set().union(*map(rows_in, FOLDER.glob("test_?_*.py")))
    assert here | ELSEWHERE.keys() == ROWS


@pytest.mark.parametrize("row", ELSEWHERE)
def test_the_tests_elsewhere_are_there(row):
    path, _, name = ELSEWHERE[row].partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
