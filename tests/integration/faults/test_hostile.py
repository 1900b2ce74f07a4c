"""Text of strangers through `nmt translate` and `nmt check`: as many lines as came in, or one mistake."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nmt.report.escape import visible

SUPPRESSED = [HealthCheck.function_scoped_fixture]
NASTY = [
    *("\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\0", "\x1b[2J", "\x1b]0;x\x07", "\x9b1m"),
    *("\u202e", "\u2066", "\u200b", "\u200d", "\ufeff", "\u00ad", "\u0301", "\U0001f469\u200d\U0001f469", "\U000e0041"),
    *("<script>", "[/b]", "</s>", "<unk>", "|||", "&#0;", "▁", "⁇", "%s{0}$x", "The", "man", " ", "\t", "ß", "漢", "ﷺ"),
]
LINES = st.lists(st.lists(st.sampled_from(NASTY) | st.text(max_size=3), max_size=6).map("".join), max_size=4)


def plain(lines):
    """Each without newlines and lone surrogates, as a file's lines are."""
    return [line.replace("\n", " ").encode("utf-8", "replace") for line in lines]


@settings(deadline=None, max_examples=12, suppress_health_check=SUPPRESSED)
@given(lines=LINES, run=st.sampled_from(["run", "plain", "subwords"]), end=st.sampled_from([b"", b"\n"]))
def test_line_n_in_is_line_n_out(lines, run, end, command):
    data = b"\n".join([b"First .", *plain(lines)]) + end
    result = command(f"translate ${run} --beam 1", data)
    assert result.code == 0, result.err
    expected = data.count(b"\n") + (not data.endswith(b"\n"))
    assert len(result.lines) == expected
    for line, translation in zip(data.split(b"\n"), result.lines, strict=False):
        blank = all(character.isspace() or character in "\ufeff\u200b\0" for character in line.decode("utf-8"))
        assert translation.strip() or blank or run != "run"
        assert "\x1b" not in translation and "\x9b" not in translation and "\0" not in translation


@settings(deadline=None, max_examples=20, suppress_health_check=SUPPRESSED)
@given(data=st.lists(st.sampled_from([b"a ", b"\n", b"\xff", b"\xed\xa0\x80", b"\xc3", b"\0", b"\r"]), max_size=9))
def test_any_bytes(data, command, write):
    content = b"".join(data)
    write({"a": content, "b": b"x\n" * max(1, content.count(b"\n"))})
    result = command("check --source $here/a --target $here/b --json")
    if result.code == 0:
        assert json.loads(result.out)["sets"]["text"]["lines"] == content.count(b"\n") + (content[-1:] != b"\n")
        return
    assert (result.code, result.out) == (2, b"")
    assert result.err.startswith("nmt: error: ") and result.err.count("\n") == 1 and "unexpected" not in result.err


def test_json_that_is_made_visible_is_the_same_json():
    text = "".join(map(chr, range(0x3000))) + "\ufeff\ud800\uffff\u2028"
    assert json.loads(visible(json.dumps(text, ensure_ascii=False))) == text
