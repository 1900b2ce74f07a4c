"""The shell of every page: one file that loads nothing, runs nothing and follows the reader's light or dark colours."""

from __future__ import annotations

from nmt.report.escape import escape_text
from nmt.report.style import STYLE

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""The browser refuses scripts, pictures, fonts and connections, should any text ever pass for markup."""

PAGE_END = """</main>
<footer>Made by nmt. This page is one file: it loads nothing and runs nothing.</footer>
</body>
</html>
"""


def page_start(title: str, lead: str = "") -> str:
    """Everything from the doctype to the opened `<main>`; the page ends with PAGE_END."""
    name = escape_text(title)
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en" translate="no">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{name}</title>",
        f"<style>{STYLE}</style>",
        "</head>",
        "<body>",
        f'<header><h1 dir="auto">{name}</h1>'
        + (f'<p class="lead">{escape_text(lead)}</p>' if lead else "")
        + "</header>",
        "<main>",
    ]
    return "\n".join(lines) + "\n"


def section(anchor: str, heading: str) -> str:
    """A heading that `#anchor` leads to; what belongs to it follows."""
    return f'<h2 id="{escape_text(anchor)}">{escape_text(heading)}</h2>\n'
