"""A page as a browser would read it, and texts that try to become more than text in it."""

import re
from html.parser import HTMLParser

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onload='alert(1)",
    "]]>",
    "--><svg/onload=alert(1)>",
    "</title></style></svg></code></pre></details><script>alert(1)</script>",
    "<![CDATA[<b>]]>",
    "<!--",
    "&",
    "&lt;b&gt;&#60;",
    "[/b]",
    "|||",
    "\x1b[31mred\x1b]8;;http://x\x07",
    "a\u202eb",
    "\x00",
    "\ud800",
    "{0} %s ${x} $x$",
    "javascript:alert(1)",
]
ELEMENTS = set(
    re.findall(
        r"[\w-]+",
        """
    html head meta title style body header h1 p main footer nav a h2 h3 div span dl dt dd table thead tbody tr th td
    figure article details summary pre code svg g rect line polyline circle text
    """,
    )
)
ATTRIBUTES = set(
    re.findall(
        r"[\w-]+",
        """
    lang translate charset http-equiv content name class dir id href scope colspan data-label
    xmlns viewbox width height role aria-label font-family font-size font-weight font-style fill fill-opacity stroke
    stroke-width stroke-linejoin stroke-linecap stroke-dasharray pointer-events x y x1 x2 y1 y2 cx cy r rx points
    transform text-anchor unicode-bidi
    """,
    )
)
VOID = {"meta", "input"}


class Page(HTMLParser):
    """The elements, attributes and text of a page; raises where an element is closed that is not open."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.comments: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def unknown_decl(self, data: str) -> None:
        self.comments.append(data)
