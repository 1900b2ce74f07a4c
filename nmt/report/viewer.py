"""The page that shows alignments, for any number of sentences: search, sorting, paging, heat maps, words that light up.

The sentences stand in the page as JSON, in chunks, each of two blocks: `facts`, which search and sorting need at once,
and `maps`, which are read when a sentence is shown. So the page is written as the sentences come, and opens without
drawing those that are on other pages.

Nothing in a sentence can act: its text comes by `shown_text` and `shown_token`, so no control, invisible or
direction-changing character is left; `<`, `>` and `&` are escaped in the JSON, so no block can end early; the script
makes text nodes of it and nothing else; and the policy lets only this script run, by its hash, and nothing load.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

from nmt.report.escape import escape_text, visible
from nmt.report.style import STYLE

CHUNK = 32
"""Sentences in a pair of blocks."""
LONGEST_TOKEN = 200
LONGEST_TEXT = 20_000
"""Characters kept of a token and of a sentence; the page shows that the rest was cut, and search does not see it."""

LEAD = (
    "Point at a word to see the words it is linked to and attends to, or at a cell to see its weight. Rows of a map "
    "are target words, columns source words. Search for text on either side, or for a sentence by its number: #12."
)
BODY = """<p class="key"><span>weight 0<i class="ramp"></i>1</span><span><i class="spot"></i>link</span>
<span><span class="linked">word</span> linked to the word pointed at</span>
<span><span class="dotted">word</span> probably untranslated</span>
<span><span class="wavy">word</span> probably repeated</span></p>
</header>
<main>
<noscript><p class="nothing">This page draws its sentences with a script of its own; allow it to run.</p></noscript>
<div class="bar">
<label class="find">Search <input id="search" type="search" autocomplete="off" spellcheck="false" dir="auto"></label>
<label>Sort by <select id="sort"></select></label>
<button id="down" type="button"></button>
<div class="place"><span id="count" role="status"></span>{pager}</div>
</div>
<div id="list"></div>
<div class="place">{pager}</div>
<div id="tip" role="tooltip" hidden></div>
</main>
<footer>Made by nmt. This page is one file: it loads nothing and works offline.</footer>
"""
PAGER = (
    '<div class="pager"><button type="button" data-step="first" aria-label="first page">«</button>'
    '<button type="button" data-step="before" aria-label="page before">‹</button><span></span>'
    '<button type="button" data-step="after" aria-label="page after">›</button>'
    '<button type="button" data-step="last" aria-label="last page">»</button></div>'
)
MARKUP = re.compile("[<>&]")
FACTS, MAPS = ('<script type="application/json" class="' + name + '">[' for name in ("facts", "maps"))
END = "]</script>"
META = '<script type="application/json" id="meta">'


def viewer_start(title: str, systems: list[str]) -> str:
    """Everything before the sentences. `systems` are the names of what each sentence is shown for, side by side."""
    style, name = STYLE + _file("viewer.css"), escape_text(title)
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(_script())}'; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    meta = _json({"systems": list(map(shown_token, systems)), "chunk": CHUNK})
    return (
        '<!DOCTYPE html>\n<html lang="en" translate="no">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{name}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f'<header><h1 dir="auto">{name}</h1><p class="lead">{escape_text(LEAD)}</p>\n'
        + BODY.format(pager=PAGER)
        + f"{META}{meta}</script>\n"
    )


def shown_token(token: str) -> str:
    """A token as the page has it: `visible`, and cut where it is longer than LONGEST_TOKEN."""
    return _cut(token, LONGEST_TOKEN)


def shown_text(text: str) -> str:
    """The same of a sentence and LONGEST_TEXT."""
    return _cut(text, LONGEST_TEXT)


def viewer_chunk(facts: list[dict[str, Any]], maps: list[Any]) -> str:
    """The next at most CHUNK sentences, all but the last chunk full; a line each, between FACTS or MAPS and END. Every
    text in them must be `shown_...`."""
    lines = ",\n".join(map(_json, facts)), ",\n".join(map(_json, maps))
    return f"{FACTS}\n{lines[0]}\n{END}\n{MAPS}\n{lines[1]}\n{END}\n"


def viewer_end() -> str:
    """The script, after all that it reads."""
    return f"<script>{_script()}</script>\n</body>\n</html>\n"


def _cut(text: str, longest: int) -> str:
    return visible(text) if len(text) <= longest else visible(text[:longest]) + "…"


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return MARKUP.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def _script() -> str:
    return _file("viewer_heatmap.js") + _file("viewer.js")


def _file(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
