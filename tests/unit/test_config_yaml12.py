"""Strict YAML 1.2: scalars, lines and refusals. Expectations typed by hand from the YAML 1.2 core schema."""

import math

import pytest

from nmt.config.yaml12 import YamlError, parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("FALSE", False),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("y", "y"),
        ("null", None),
        ("~", None),
        ("", None),
        ("Nul", "Nul"),
        ("1", 1),
        ("-0", 0),
        ("+7", 7),
        ("0123", "0123"),
        ("00.5", "00.5"),
        ("0123e4", "0123e4"),
        ("0x10", "0x10"),
        ("0o7", "0o7"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("12:30:45", "12:30:45"),
        ("2024-01-31", "2024-01-31"),
        ("999999999999999999", 999999999999999999),
        ("9" * 19, "9" * 19),
        ("9" * 5000, "9" * 5000),
        ("1e-3", 0.001),
        ("1E3", 1000.0),
        ("-1.5e+2", -150.0),
        ("1.", 1.0),
        (".5", 0.5),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("1e999", math.inf),
        ("inf", "inf"),
        ("nan", "nan"),
        ("=", "="),
        ("'1'", "1"),
        ('"true"', "true"),
        ('"\\u00e9"', "é"),
    ],
)
def test_scalars(text, value):
    got = parse(f"key: {text}\n")[0]["key"]
    assert got == value
    assert type(got) is type(value)


def test_nan_is_a_number():
    assert math.isnan(parse("a: .nan")[0]["a"])


def test_merge_keys_are_ordinary_keys():
    assert parse("<<: {a: 1}")[0] == {"<<": {"a": 1}}


def test_lines_of_keys_and_list_entries():
    text = "# first\nseed: 1\nmodel:\n\n  decoder:\n    type: luong\nplugins:\n- a\n- {b: 1,\n   c: 2}\n"
    assert parse(text)[1] == {
        (): 2,
        ("seed",): 2,
        ("model",): 3,
        ("model", "decoder"): 5,
        ("model", "decoder", "type"): 6,
        ("plugins",): 7,
        ("plugins", 0): 8,
        ("plugins", 1): 9,
        ("plugins", 1, "b"): 9,
        ("plugins", 1, "c"): 10,
    }


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("a: &x 1\nb: *x\n", [(1, None, "YAML anchors (&x) are not supported")]),
        ("a: 1\nb: *x\n", [(2, None, "YAML aliases (*x) are not supported")]),
        ("a: &x [*x]", [(1, None, "YAML anchors (&x) are not supported")]),
        ("a: 1\nb: !!int 3\n", [(2, None, "YAML tags (tag:yaml.org,2002:int) are not supported")]),
        ("a: ! 3\n", [(1, None, "YAML tags (!) are not supported")]),
        (
            "x: !!python/object/apply:os.system ['id']",
            [(1, None, "YAML tags (tag:yaml.org,2002:python/object/apply:os.system) are not supported")],
        ),
        ("a: 1\n---\nb: 2\n", [(2, None, "several documents ('---') in one file are not supported")]),
        ("lr: 1\nb: 2\nlr: 3\n", [(3, None, "duplicate key 'lr' (first at line 1)")]),
        (
            "a: {x: 1, x: 2}\nb: 1\nb: 2\n",
            [(1, None, "duplicate key 'x' (first at line 1)"), (3, None, "duplicate key 'b' (first at line 2)")],
        ),
        ("a: 1\n2016: b\n", [(2, None, "key 2016 is not text; put it in quotes")]),
        ("? [a]\n: b\n", [(1, None, "key is not text; put it in quotes")]),
        ("a: 1\nb: 2\nc: [1\n", [(4, 1, "expected ',' or ']', but got the end of the text")]),
        ("a:\n\tb: 1\n", [(2, 1, "found character '\\t' that cannot start any token")]),
        ("a: b: c\n", [(1, 5, "mapping values are not allowed here")]),
        ("a: 1\nb: \x00\n", [(2, None, "character U+0000 is not allowed")]),
        ('a: "\\UFFFFFFFF"', [(None, None, "an escape sequence names no character")]),
        ('a: "\\ud800"', [(1, None, "half of a surrogate pair is not a character")]),
        ("a: " + "[" * 5000, [(1, None, "nested too deeply")]),
        ("a: " + "[" * 51 + "]" * 51, [(1, None, "nested too deeply")]),
    ],
)
def test_refusals(text, mistakes):
    with pytest.raises(YamlError) as caught:
        parse(text)
    assert caught.value.mistakes == mistakes


def test_depth_of_fifty_is_allowed():
    parse("a: " + "[" * 49 + "]" * 49)
