"""Tokens inside a line of other tokens: whatever would end a token or a line there is written as `&#N;`."""

from __future__ import annotations

import re

SPECIAL = re.compile("[\x00-\x20\x7f-\x9f\u2028\u2029|]|&(?=#)")
IN_TABLE = re.compile(SPECIAL.pattern + r'|"|^[=+@-](?!\Z)')
"""Also what table readers take for a quoted field, and spreadsheets for the beginning of a formula."""
ESCAPE = re.compile("&#([0-9]*);")
EMPTY = "&#;"


def escape_token(token: str) -> str:
    """The token without space, control character and `|`, which become `&#N;` (N is the code point); `&#;` if empty."""
    return SPECIAL.sub(_number, token) or EMPTY


def escape_field(token: str) -> str:
    """The token for a field of a table: also without `"`, and without `=`, `+`, `-` or `@` before something else."""
    return IN_TABLE.sub(_number, token) or EMPTY


def unescape_token(text: str) -> str:
    """The token that `escape_token` or `escape_field` wrote. Raises ValueError for a number that is no character."""
    return ESCAPE.sub(_character, text)


def join_tokens(tokens: list[str]) -> str:
    return " ".join(map(escape_token, tokens))


def split_tokens(text: str) -> list[str]:
    """The tokens that `join_tokens` put together; none for an empty text."""
    return [unescape_token(token) for token in text.split(" ")] if text else []


def _number(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};"


def _character(match: re.Match[str]) -> str:
    try:
        return chr(int(match[1])) if match[1] else ""
    except OverflowError:
        raise ValueError(f"{match[0]} is no character") from None
