"""The page and the picture of a comparison: inert, self-contained, right numbers at the right place."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from nmt.pipeline.comparison import Compared, ComparedSet
from nmt.report.comparison_page import comparison_page, length_chart
from nmt.report.comparison_table import markdown, table_cells

from .pages import ATTRIBUTES, ELEMENTS, HOSTILE, Page

SVG = "{http://www.w3.org/2000/svg}"


def row(name, bleu=30.0, parts=((1, 40.0), (6, 20.0))):
    return Compared(
        name=name,
        runs=[name],
        parameters=1000,
        minutes=2.0,
        tokens_per_s=None,
        perplexity=5.0,
        test_perplexity=None,
        bleu=bleu,
        bleu_half_width=0.5,
        bleu_deviation=None,
        aer=None,
        difference=None,
        p_value=None,
        bleu_by_length=[{"from": low, "to": low + 4, "sentences": 7, "bleu": value} for low, value in parts],
    )


def compared(text):
    return ComparedSet(text, 14, text, [row(text), row(text, 31.0)], [text])


def test_the_numbers_are_on_the_page():
    rows = [row("first"), row("second", 28.5, parts=((1, 35.5), (11, 12.25)))]
    page = Page(comparison_page([ComparedSet("test", 14, "nrefs:1", rows, ["A note."])]))
    text = page.text
    assert page.open == [] and page.elements.count("svg") == 1 and page.elements.count("table") == 2
    assert {"test: 14 sentences", "BLEU|nrefs:1", "A note.", "28.50", "1,000", "12.25"} <= set(text)
    lengths = text[text.index("words") :]
    cells = [cell for cell in lengths if cell.strip()]
    assert cells[:16] == [
        *("words", "sentences", "first", "second"),
        *("1–5", "7", "40.00", "35.50"),
        *("6–10", "7", "20.00", "–"),
        *("11–15", "7", "–", "12.25"),
    ]


def test_the_curve_has_a_point_for_each_range():
    root = ElementTree.fromstring(
        length_chart(ComparedSet("test", 14, "", [row("a"), row("b", parts=((6, 9.5),))], []))
    )
    tips = [title.text for circle in root.iter(f"{SVG}circle") for title in circle]
    assert tips == ["a, 3: 40", "a, 8: 20", "b, 8: 9.5"]
    assert "BLEU by source length, test" in {text.text for text in root.iter(f"{SVG}text")}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_add_nothing(text):
    html = comparison_page([compared(text)])
    hostile, harmless = Page(html), Page(comparison_page([compared("harmless")]))
    assert [tag for tag in hostile.elements if tag != "title"] == [tag for tag in harmless.elements if tag != "title"]
    assert hostile.open == [] and hostile.comments == []
    assert set(hostile.elements) <= ELEMENTS and {name for name, _ in hostile.attributes} <= ATTRIBUTES
    assert not any(ord(character) < 32 and character != "\n" for character in html)
    html.encode("utf-8")
    ElementTree.fromstring(length_chart(compared(text)))
    table = markdown(*table_cells(compared(text).rows))
    assert table.count("\n") == 3 and "\x1b" not in table and "\u202e" not in table


def test_nothing_is_loaded():
    html = comparison_page([compared("x"), compared("y")])
    page = Page(html)
    ids = [value for name, value in page.attributes if name == "id"]
    assert ids == ["set-1", "set-2"]
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes
    assert "script" not in page.elements and "url(" not in html and "@import" not in html
    assert html.count("http") == html.count('xmlns="http://www.w3.org/2000/svg"') + html.count("http-equiv")


def test_the_same_comparison_gives_the_same_bytes():
    assert comparison_page([compared("x")]) == comparison_page([compared("x")])


def test_cells_as_markdown():
    assert markdown(["run", "BLEU"], [["a|b\\c", "1.00"], ["漢字", "10.00"]]).split("\n") == [
        "| run     |  BLEU |",
        "| ------- | ----: |",
        "| a\\|b\\\\c |  1.00 |",
        "| 漢字    | 10.00 |",
    ]


def test_columns_that_nobody_fills_are_left_out():
    titles, _ = table_cells([row("a")])
    assert titles == ["run", "parameters", "minutes", "valid ppl", "BLEU", "± 95 %"]
    titles, cells = table_cells([row("a"), replace(row("b"), aer=0.1234, tokens_per_s=12345.6)])
    assert titles[-1] == "AER %" and cells[0][-1] == "–" and cells[1][-1] == "12.34" and cells[1][3] == "12,346"
