"""Tokens inside a line of other tokens: whatever would end a token or a line there is written as `&#N;`."""

from __future__ import annotations

import re

SPECIAL = re.compile("[\x00-\x20\x7f-\x9f\u2028\u2029|]|&(?=#)")
ESCAPE = re.compile("&#([0-9]*);")
EMPTY = "&#;"


def escape_token(token: str) -> str:
    """The token without space, control character and `|`, which become `&#N;` (N is the code point); `&#;` if empty."""
    return SPECIAL.sub(lambda match: f"&#{ord(match.group())};", token) or EMPTY


def unescape_token(text: str) -> str:
    """The token that `escape_token` wrote. Raises ValueError for a number that is no character."""
    return ESCAPE.sub(_character, text)


def join_tokens(tokens: list[str]) -> str:
    return " ".join(map(escape_token, tokens))


def split_tokens(text: str) -> list[str]:
    """The tokens that `join_tokens` put together; none for an empty text."""
    return [unescape_token(token) for token in text.split(" ")] if text else []


def _character(match: re.Match[str]) -> str:
    try:
        return chr(int(match[1])) if match[1] else ""
    except OverflowError:
        raise ValueError(f"{match[0]} is no character") from None
