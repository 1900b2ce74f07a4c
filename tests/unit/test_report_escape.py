import pytest

from nmt.report.escape import ellipsis, escape_lines, escape_text, text_columns, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[31mred", "\\u001b[31mred"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u2066b\u2069", "a\\u2066b\\u2069"),
        ("nul\x00", "nul\\u0000"),
        ("\udcc3\udc96l\udcff", "Öl\\udcff"),
        ("line\u2028break", "line\\u2028break"),
        ("\x85\x9b", "\\u0085\\u009b"),
        ("\ud800", "\\ud800"),
        ("\uffff", "\\uffff"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("▁caf\u00e9", "▁caf\u00e9"),
    ],
)
def test_hidden_characters_are_shown_and_spelling_is_kept(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_markup_is_escaped_for_content_and_attributes() -> None:
    assert escape_text("""<b a="1" c='2'>&""") == "&lt;b a=&quot;1&quot; c=&#x27;2&#x27;&gt;&amp;"


def test_lines_stay_lines_but_other_controls_are_shown() -> None:
    assert escape_lines("a: 1\nb:\t<x>\r\n") == "a: 1\nb:\\u0009&lt;x&gt;\\u000d"


def test_columns_count_wide_and_combining_characters() -> None:
    assert text_columns("ab") == 2
    assert text_columns("北京") == 4
    assert text_columns("e\u0301") == 1


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [
        ("short", 5, "short"),
        ("longer", 5, "long…"),
        ("北京大学", 5, "北京…"),
        ("北京大学", 8, "北京大学"),
        ("e\u0301e\u0301e\u0301", 2, "e\u0301…"),
    ],
)
def test_ellipsis_cuts_by_columns(text: str, most: int, shown: str) -> None:
    assert ellipsis(text, most) == shown
