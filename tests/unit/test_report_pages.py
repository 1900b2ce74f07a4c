import io
import math
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from nmt.report.alignment_figure import alignment_figure
from nmt.report.chart import Series, line_chart
from nmt.report.heatmap import heatmap_svg
from nmt.report.page import page_start, section
from nmt.report.run_report import RunReport, Sample, write_run_report

from .pages import ATTRIBUTES, ELEMENTS, HOSTILE, Page


def record(text: str, score: float | None = -1.5) -> Any:
    """Stands in for an `AlignmentRecord`: two tokens on each side, all of them `text`."""
    alignment = SimpleNamespace(
        src_tokens=[text, text],
        tgt_tokens=[text, text],
        weights_TS=np.full((3, 3), 1 / 3, dtype=np.float32),
        eos=True,
        score=score,
        unit="word",
    )
    return SimpleNamespace(id=7, src=text, tgt=text, alignment=alignment, links=[(0, 0), (1, 1)])


def metrics(text: str = "nrefs:1") -> list[dict[str, Any]]:
    train = {"epoch": 1, "split": "train", "lr": 0.001, "grad_norm": 1.2, "target_tokens_per_s": 5e3, "seconds": 3.0}
    valid = {"split": "valid", "ppl": 18.1, "signature": text, "seconds": 9.0}
    return [
        {**train, "step": 100, "loss": 5.0},
        {**train, "step": 200, "loss": 4.0},
        {**valid, "step": 200, "loss": 3.9, "bleu": 10.0},
        {**train, "step": 300, "loss": 3.0},
        {**valid, "step": 300, "loss": 3.1, "bleu": 12.0},
    ]


def report(text: str) -> RunReport:
    return RunReport(
        title=text,
        summary=[(text, text)],
        metrics=metrics(text),
        scores={text: {"bleu": 1.0, "signature": text, "chrf": 2.0, "chrf_signature": text, "aer": 0.1}},
        samples=[Sample(text, text, text)],
        alignments=[record(text)],
        commands=[text],
        config_yaml=f"a: 1\n{text}\n",
    )


def written(run: RunReport) -> str:
    stream = io.StringIO()
    write_run_report(stream, run)
    return stream.getvalue()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_adds_nothing_to_the_page(text: str) -> None:
    html = written(report(text))
    hostile, harmless = Page(html), Page(written(report("harmless")))
    assert [tag for tag in hostile.elements if tag != "title"] == [tag for tag in harmless.elements if tag != "title"]
    assert hostile.open == [] and hostile.comments == []
    assert set(hostile.elements) <= ELEMENTS
    assert [name for name, _ in hostile.attributes] == [name for name, _ in harmless.attributes]
    assert {name for name, _ in hostile.attributes} <= ATTRIBUTES
    assert not any(ord(character) < 32 and character != "\n" for character in html)
    assert not any(character in html for character in "\u202e\ud800\x7f")
    html.encode("utf-8")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_adds_nothing_to_the_parts(text: str) -> None:
    def parts(words: str) -> str:
        lines = [Series(words, [(0, 1.0), (1, 2.0)]), Series(words, [(0, 2.0), (1, 3.0)])]
        weights_TS = np.ones((1, 1), dtype=np.float32)
        return (
            page_start(words, words)
            + section(words, words)
            + line_chart(lines, words, words, words)
            + heatmap_svg([words], [words], weights_TS, title=words)
        )

    def tags(words: str) -> list[str]:
        return [tag for tag in Page(parts(words)).elements if tag != "title"]

    hostile = Page(parts(text))
    assert tags(text) == tags("harmless") and hostile.comments == []
    assert {name for name, _ in hostile.attributes} <= ATTRIBUTES
    parts(text).encode("utf-8")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_leaves_a_picture_well_formed(text: str) -> None:
    weights_TS = np.ones((2, 2), dtype=np.float32)
    ElementTree.fromstring(heatmap_svg([text], [text], weights_TS, [(0, 0)], text))
    ElementTree.fromstring(line_chart([Series(text, [(0, 1.0)]), Series(text, [(0, 2.0)])], text, text, text))


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "&lt;b&gt;&#60;"])
def test_hostile_text_is_shown_as_it_is(text: str) -> None:
    page = Page(written(report(text)))
    assert page.text.count(text) >= 10


def test_links_lead_only_inside_the_page_and_nothing_is_loaded() -> None:
    html = written(report("x"))
    page = Page(html)
    hrefs = [value for name, value in page.attributes if name == "href"]
    ids = [value for name, value in page.attributes if name == "id"]
    assert hrefs == [f"#{name}" for name in ids] and len(ids) == len(set(ids)) == 6
    assert "url(" not in html and "@import" not in html
    assert html.count("http") == html.count('xmlns="http://www.w3.org/2000/svg"') + html.count("http-equiv")


def test_the_policy_allows_no_script() -> None:
    page = Page(written(report("x")))
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes
    assert "script" not in page.elements


def test_the_parts_that_were_given_are_there() -> None:
    text = " ".join(Page(written(report("harmless"))).text)
    for heading in ("Training", "Scores", "Translations", "Attention", "What to type next", "Configuration"):
        assert heading in text
    assert "BLEU|harmless" in text and "chrF|harmless" in text and "0.100" in text and "log-probability -1.500" in text


def test_an_empty_run_is_a_page() -> None:
    page = Page(written(RunReport(title="empty")))
    assert page.open == [] and "h2" not in page.elements and "svg" not in page.elements


@pytest.mark.parametrize("bad", [math.nan, math.inf, None, "", True])
def test_missing_metrics_do_not_break_the_page(bad: Any) -> None:
    lines = [{**line, "loss": bad, "bleu": bad, "lr": bad, "grad_norm": bad} for line in metrics()]
    page = Page(
        written(RunReport("bad", metrics=[*lines, {"step": bad, "split": "train", "loss": 1.0}, {}, *metrics()]))
    )
    assert page.open == [] and page.elements.count("svg") == 4
    assert Page(written(RunReport("bad", metrics=lines))).elements.count("svg") == 4


def test_one_validation_and_no_training_line() -> None:
    page = Page(written(RunReport("one", metrics=[{"step": 400, "split": "valid", "loss": 2.9, "bleu": 12.3}])))
    assert page.elements.count("svg") == 2 and "valid" not in page.open


def test_scores_that_are_not_known_are_dashes() -> None:
    html = written(RunReport("s", scores={"a": {"bleu": 30.0, "signature": "x"}, "b": {"bleu": math.nan, "aer": 0.2}}))
    page = Page(html)
    assert page.text.count("\u2013") == 2 and "30.00" in page.text and "0.200" in page.text
    assert "chrF" not in page.text


def test_the_same_report_gives_the_same_bytes() -> None:
    assert written(report("x")) == written(report("x"))


def test_a_sentence_without_a_score() -> None:
    assert "log-probability" not in alignment_figure(record("x", score=None))
