"""Text on its way into HTML or SVG: nothing in it is markup, and nothing in it is hidden."""

from __future__ import annotations

import html
import re
import unicodedata

_HIDDEN = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # control characters
    "\u00ad\u200b\u2060-\u2065\ufeff"  # invisible
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # change the direction of what follows
    "\u2028\u2029"  # line breaks that do not look like one
    "\ud800-\udfff\ufffe\uffff"  # not characters, refused by UTF-8 or by XML
    "]"
)
_BYTES = re.compile("[\udc80-\udcff]+")
"""Bytes of a file's name that Python could not read in the locale, or that are no UTF-8."""


def visible(text: str) -> str:
    r"""The text with control, invisible and direction-changing characters as `\u202e`.

    The joiners U+200C and U+200D stay: Persian, Hindi and emoji are spelled with them. Names of files are UTF-8,
    whatever the locale.
    """
    read = _BYTES.sub(
        lambda match: match.group().encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape"), text
    )
    return _HIDDEN.sub(lambda match: f"\\u{ord(match.group()):04x}", read)


def escape_text(text: str) -> str:
    """The text made `visible` and escaped, for an element's content or a quoted attribute of HTML or XML."""
    return html.escape(visible(text), quote=True)


def escape_lines(text: str) -> str:
    """The same for text of several lines, which stay lines."""
    return "\n".join(escape_text(line) for line in text.rstrip("\n").split("\n"))


def text_columns(text: str) -> int:
    """Width in terminal columns: 2 for an East Asian wide character, 0 for a combining one, else 1."""
    return sum(map(_columns, text))


def ellipsis(text: str, max_columns: int) -> str:
    """The text, cut to at most `max_columns` columns; a cut text ends in an ellipsis."""
    if text_columns(text) <= max_columns:
        return text
    kept, used = 0, 1
    for character in text:
        used += _columns(character)
        if used > max_columns:
            break
        kept += 1
    return text[:kept] + "…"


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
