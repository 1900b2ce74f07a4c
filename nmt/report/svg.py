"""SVG as text. A picture stands alone as a file (own colours, font and background) and follows the page when inline.

Colours are presentation attributes, so a page's style sheet can replace them by class; see `nmt/report/style.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from nmt.report.escape import escape_text

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', 'Helvetica Neue', Arial, sans-serif"
PAPER = "#ffffff"
INK = "#1b1f27"
MUTED = "#5b6472"
LINE = "#e3e6ea"
ACCENT = "#2a5bd7"
LINK = "#e8590c"

Attributes = Mapping[str, str | float]


def element(name: str, attributes: Attributes, *children: str) -> str:
    """`<name attribute="value">children</name>`. Values are escaped; children are markup already."""
    opening = name + "".join(f' {key}="{_written(value)}"' for key, value in attributes.items())
    return f"<{opening}>{''.join(children)}</{name}>" if children else f"<{opening}/>"


def text(content: str, x: float, y: float, attributes: Attributes) -> str:
    """A `<text>` with its baseline's anchor at (x, y)."""
    return element("text", {"x": x, "y": y, **attributes}, escape_text(content))


def text_child(name: str, content: str) -> str:
    """An element without attributes that holds text, such as a tooltip's `<title>`."""
    return element(name, {}, escape_text(content))


def picture(width: float, height: float, label: str, *children: str) -> str:
    """The root `<svg>` in pixels, with `label` for screen readers."""
    root = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {number(width)} {number(height)}",
        "width": width,
        "height": height,
        "role": "img",
        "aria-label": label,
        "font-family": FONT,
        "font-size": 13,
    }
    paper = element("rect", {"class": "paper", "width": width, "height": height, "fill": PAPER})
    return element("svg", root, paper, *children)


def number(value: float) -> str:
    """At most two decimals, no trailing zeros."""
    written = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if written == "-0" else written


def _written(value: str | float) -> str:
    return escape_text(value) if isinstance(value, str) else number(value)
