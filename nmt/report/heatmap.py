"""An attention matrix as SVG: rows are target tokens, columns are source tokens, strong colour is much weight.

Dimensions: S source tokens, T target tokens, each with or without EOS.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from nmt.report import svg
from nmt.report.escape import ellipsis, escape_text, text_columns, visible

SLANT = math.radians(60)
CELLS = ((12, 30.0), (24, 25.0), (36, 21.0), (48, 18.0), (math.inf, 16.0))
"""Size of a cell in pixels, up to so many tokens on the longer side."""
MARGIN = 16.0
LABEL_GAP = 8.0
MOST_COLUMNS = 18
LEGEND_HEIGHT = 46.0
LEGEND_WIDTH = 250.0


@dataclass(frozen=True)
class _Label:
    """A token on an axis: as shown, in full, and whether it is the EOS that no token stands for."""

    shown: str
    full: str
    eos: bool

    @property
    def width(self) -> float:
        """Estimated width in pixels; an upright guess, as the font is the reader's."""
        wide = sum(character.isupper() or character in "mw" for character in self.shown)
        return 7.4 * text_columns(self.shown) + 3.0 * wide


@dataclass(frozen=True)
class _Grid:
    """Where the matrix lies: the centre of cell (t, s) is `left + (s + 0.5) * cell, top + (t + 0.5) * cell`."""

    left: float
    top: float
    cell: float

    def x(self, column: float) -> float:
        return self.left + column * self.cell

    def y(self, row: float) -> float:
        return self.top + row * self.cell


def heatmap_svg(
    src_tokens: list[str],
    tgt_tokens: list[str],
    weights_TS: np.ndarray,
    links: Iterable[tuple[int, int]] = (),
    title: str = "Attention",
) -> str:
    """One `<svg>`, fit for a page and for a file of its own. Each cell has its tokens and weight as a tooltip.

    `weights_TS` may have one row and one column more than there are tokens: they are labelled EOS. Weights run from 0
    to 1. `links` are `(source, target)` pairs, drawn as dots. Raises ValueError when the weights do not fit the tokens
    or a link lies outside them.
    """
    rows, columns = weights_TS.shape
    source, target = _labels(src_tokens, columns), _labels(tgt_tokens, rows)
    dots = sorted(set(links))
    if any(not (0 <= src < columns and 0 <= tgt < rows) for src, tgt in dots):
        raise ValueError(f"a link lies outside the {columns} source and {rows} target tokens")
    left = MARGIN + LABEL_GAP + max((label.width for label in target), default=0)
    top = MARGIN + LABEL_GAP + math.sin(SLANT) * max((label.width for label in source), default=0)
    grid = _Grid(left, top, _cell_size(max(rows, columns)))
    overhang = max((grid.x(s + 0.5) + math.cos(SLANT) * label.width for s, label in enumerate(source)), default=0)
    width = max(overhang, grid.x(columns), LEGEND_WIDTH) + MARGIN
    height = grid.y(rows) + LEGEND_HEIGHT
    return svg.picture(
        width,
        height,
        title,
        _plate(grid, rows, columns),
        *[_column_label(label, s, grid) for s, label in enumerate(source)],
        *[_row(label, t, source, weights_TS[t].tolist(), grid) for t, label in enumerate(target)],
        _dots(dots, grid),
        _legend(grid.y(rows) + 18, bool(dots)),
    )


def _labels(tokens: list[str], size: int) -> list[_Label]:
    if size - len(tokens) not in (0, 1):
        raise ValueError(f"{size} weights do not fit {len(tokens)} tokens")
    labels = []
    for token in tokens:
        full = visible(token) if token.strip() else "␣" * len(token)
        labels.append(_Label(ellipsis(full, MOST_COLUMNS), full, eos=False))
    return labels + [_Label("EOS", "EOS", eos=True)] * (size - len(tokens))


def _cell_size(tokens: int) -> float:
    return next(size for most, size in CELLS if tokens <= most)


def _plate(grid: _Grid, rows: int, columns: int) -> str:
    """The cells' ground: seen through a cell of weight 0 and, as a line, between cells."""
    place = {"x": grid.left, "y": grid.top, "width": columns * grid.cell, "height": rows * grid.cell}
    return svg.element("rect", {"class": "plate", "fill": "#f1f3f6", **place})


def _column_label(label: _Label, column: int, grid: _Grid) -> str:
    x, y = grid.x(column + 0.5) + 4, grid.top - LABEL_GAP
    turn = {"transform": f"rotate({-math.degrees(SLANT):.0f} {svg.number(x)} {svg.number(y)})"}
    return _label(label, x, y, turn)


def _row(label: _Label, row: int, source: list[_Label], weights: list[float], grid: _Grid) -> str:
    name = _label(label, grid.left - LABEL_GAP, grid.y(row + 0.5) + 4.5, {"text-anchor": "end"})
    cells = "".join(
        f'<rect class="cell" x="{svg.number(grid.x(column) + 0.5)}" y="{svg.number(grid.y(row) + 0.5)}"'
        f' width="{svg.number(grid.cell - 1)}" height="{svg.number(grid.cell - 1)}" fill-opacity="{shade(weight):.3f}">'
        f"<title>{escape_text(source[column].full)} → {escape_text(label.full)}: {weight:.3f}</title></rect>"
        for column, weight in enumerate(weights)
    )
    return svg.element("g", {"class": "row"}, name, svg.element("g", {"class": "heat", "fill": svg.ACCENT}, cells))


def shade(weight: float) -> float:
    """Opacity of a cell: rises with the weight from 0 to 1, faster where weights are small; 0 for NaN."""
    return min(max(weight, 0.0), 1.0) ** 0.75 if math.isfinite(weight) else 0.0


def _label(label: _Label, x: float, y: float, attributes: svg.Attributes) -> str:
    look = (
        {"class": "muted", "fill": svg.MUTED, "font-style": "italic"}
        if label.eos
        else {"class": "ink", "fill": svg.INK}
    )
    place = {"x": x, "y": y, "unicode-bidi": "plaintext"}
    tip = [svg.text_child("title", label.full)] if label.shown != label.full else []
    return svg.element("text", {**look, **place, **attributes}, escape_text(label.shown), *tip)


def _dots(links: list[tuple[int, int]], grid: _Grid) -> str:
    look = {"class": "links", "fill": svg.LINK, "stroke": svg.PAPER, "stroke-width": 1.5, "pointer-events": "none"}
    radius = grid.cell / 6 + 0.5
    dots = [
        svg.element("circle", {"cx": grid.x(src + 0.5), "cy": grid.y(tgt + 0.5), "r": radius}) for src, tgt in links
    ]
    return svg.element("g", look, *dots)


def _legend(y: float, with_links: bool) -> str:
    """The shades of weights 0 to 1 and, where there are any, what a dot is."""
    caption = {"class": "muted", "fill": svg.MUTED, "font-size": 12}
    parts = [svg.text("weight 0", MARGIN, y + 11, caption)]
    for step in range(6):
        place = {"x": 72 + step * 16, "y": y, "width": 15, "height": 13}
        parts.append(svg.element("rect", {"class": "plate", "fill": "#f1f3f6", **place}))
        key = {"class": "key", "fill": svg.ACCENT, "fill-opacity": shade(step / 5), **place}
        parts.append(svg.element("rect", key))
    parts.append(svg.text("1", 174, y + 11, caption))
    if with_links:
        parts.append(svg.element("circle", {"class": "dot", "fill": svg.LINK, "cx": 200, "cy": y + 6.5, "r": 4.5}))
        parts.append(svg.text("link", 210, y + 11, caption))
    return svg.element("g", {"class": "legend"}, *parts)
