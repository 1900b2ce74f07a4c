"""The words of config errors: pydantic's complaints in short English, with the value and the nearest right name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from pydantic_core import ErrorDetails

from nmt.config.kinds import Kind, data_path, entry, known_keys
from nmt.config.yaml12 import KeyPath

LONGEST_VALUE = 40

EXPECTED = {
    "int_type": "expected a whole number",
    "float_type": "expected a number",
    "bool_type": "expected true or false",
    "string_type": "expected text",
    "list_type": "expected a list",
    "tuple_type": "expected a list",
    "dict_type": "expected key: value pairs",
    "model_type": "expected key: value pairs",
    "finite_number": "must be a finite number",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "multiple_of": "must be a multiple of {multiple_of}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must match the pattern {pattern}",
}
ITEMS = {"too_short": "needs at least {min_length} entries", "too_long": "allows at most {max_length} entries"}


def explain(errors: list[ErrorDetails], root: Kind, data: object) -> list[tuple[KeyPath, str]]:
    """(path, message) of every wrong place, in pydantic's order; the members of a union give one message."""
    places: dict[KeyPath, list[tuple[ErrorDetails, Kind]]] = {}
    for error in errors:
        path, kind = data_path(root, error["loc"], data)
        if error["type"] == "union_tag_invalid":
            path = (*path, "type")
        places.setdefault(path, []).append((error, kind))
    return [(path, _message(path, found, root, data)) for path, found in places.items()]


def _message(path: KeyPath, found: list[tuple[ErrorDetails, Kind]], root: Kind, data: object) -> str:
    if len(found) == 1:
        error, kind = found[0]
        return _unknown_key(path, root, data) if error["type"] == "extra_forbidden" else _single(error, kind)
    choices = [show_choice(choice) for choice in found[0][1].choices]
    others = [_requirement(error, kind) for error, kind in found if error["type"] != "literal_error"]
    return f"{' or '.join(dict.fromkeys(others + choices))} (got {show(found[0][0]['input'])})"


def _single(error: ErrorDetails, kind: Kind) -> str:
    given, problem = error["input"], error["type"]
    if problem == "missing":
        return "entry is missing" if isinstance(error["loc"][-1], int) else "required key is missing"
    if problem in ("value_error", "assertion_error"):
        return one_line(str(error.get("ctx", {}).get("error", error["msg"])))
    if problem == "union_tag_not_found":
        return f"needs 'type', one of {', '.join(kind.names)}"
    if problem == "union_tag_invalid":
        return _wrong_choice(kind.names, entry(given, "type"))
    if problem == "literal_error":
        return _wrong_choice(kind.choices, given)
    message = f"{_requirement(error, kind)} (got {_show_size(error) if problem in ITEMS else show(given)})"
    if kind.family and isinstance(given, str) and given in kind.names:
        return f"{message}; write {{type: {given}}}"
    if problem == "string_type" and isinstance(given, int | float):
        return f"{message}; put it in quotes"
    return message


def _requirement(error: ErrorDetails, kind: Kind) -> str:
    """What the place wants, without the value that it got."""
    problem, context = error["type"], error.get("ctx", {})
    if kind.family and problem in ("dict_type", "model_type"):
        return f"expected key: value pairs with 'type', one of {', '.join(kind.names)}"
    wanted = EXPECTED.get(problem) or ITEMS.get(problem)
    if wanted is None:
        return one_line(error["msg"][:1].lower() + error["msg"][1:])
    return wanted.format_map({name: show_number(value) for name, value in context.items()})


def _wrong_choice(choices: Iterable[Any], given: object) -> str:
    names = [show_choice(choice) for choice in choices]
    return f"must be one of {', '.join(names)}; got {show(given)}{did_you_mean(given, names)}"


def _unknown_key(path: KeyPath, root: Kind, data: object) -> str:
    """Suggest the nearest key of the same section, else the same key in another section."""
    *above, key = path
    kind, here = root, data
    for element in above:
        kind, here = kind.child(element, here), entry(here, element)
    section = kind.section_of(here)
    suggestion = did_you_mean(key, section.model_fields if section else [])
    if not suggestion:
        elsewhere = next((other for other in known_keys(root, data) if other[-1] == key), None)
        suggestion = f"; did you mean '{dotted(elsewhere)}'?" if elsewhere else ""
    return f"unknown key{suggestion}"


def did_you_mean(word: object, names: Iterable[str]) -> str:
    """`; did you mean 'NAME'?` with the nearest of `names`; empty when none is near."""
    near = difflib.get_close_matches(word, names, 1) if isinstance(word, str) and len(word) < 200 else []
    return f"; did you mean '{one_line(near[0])}'?" if near else ""


def dotted(path: KeyPath) -> str:
    """`model.decoder.dim` on one line; list positions as `plugins.0`."""
    return ".".join(one_line(str(key)) for key in path)


def one_line(text: str) -> str:
    """`text` with line breaks and other control characters escaped, shortened to 300 characters."""
    line = "".join(character if character.isprintable() else repr(character)[1:-1] for character in text[:300])
    return line if len(text) <= 300 else f"{line}..."


def show(value: object) -> str:
    """A value as a reader of YAML knows it: `true`, `null`, `'text'`, `1.5`, `a list`."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return repr(value) if len(value) <= LONGEST_VALUE else f"{value[:LONGEST_VALUE]!r}..."
    if isinstance(value, dict | list):
        return "key: value pairs" if isinstance(value, dict) else "a list"
    return repr(value)


def show_choice(choice: object) -> str:
    """A choice without quotes."""
    return choice if isinstance(choice, str) else show(choice)


def show_number(value: object) -> str:
    """A limit of a range: `1` rather than `1.0`."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _show_size(error: ErrorDetails) -> str:
    return str(error.get("ctx", {}).get("actual_length", 0))
