"""The examples of docs/alignments.md, run: every number and line shown there is what comes out."""

import doctest
import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "alignments.md"


def test_the_examples_of_the_page() -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    example = doctest.DocTestParser().get_doctest("".join(blocks), {}, PAGE.name, str(PAGE), 0)
    assert len(example.examples) > 15
    report: list[str] = []
    runner = doctest.DocTestRunner(verbose=False)
    try:
        failed = runner.run(example, out=report.append, clear_globs=False).failed
    finally:
        example.globs["folder"].cleanup()
    assert not failed, "".join(report)
