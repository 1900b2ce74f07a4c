"""Line charts as SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nmt.report import svg
from nmt.report.escape import ellipsis, text_columns
from nmt.report.ticks import nice_ticks, tick_labels

WIDTH, HEIGHT = 540.0, 320.0
LEFT, RIGHT, TOP, BOTTOM = 58.0, 20.0, 66.0, 50.0
COLOURS = (svg.ACCENT, svg.LINK, "#0b8a6a", "#8a3ffc")
DASHES = ("", "7 4", "2 4")
"""Lines of the same colour differ in these."""
LEGEND_ROW = 18.0
LEGEND_LEFT = 90.0
MOST_POINTS = 600
MOST_MARKERS = 60

Point = tuple[float, float]
Place = Callable[[Point], Point]


@dataclass(frozen=True)
class Series:
    """One line of a chart. A point whose y is None, NaN or infinite is a gap in the line."""

    name: str
    points: Sequence[tuple[float, float | None]] = ()


@dataclass(frozen=True)
class _Frame:
    """The axes: their ticks in data units, and where a data point lies in the picture."""

    x_ticks: list[float]
    x_end: float
    y_ticks: list[float]
    height: float
    top: float

    def place(self, point: Point) -> Point:
        (x0, x1), (y0, y1) = (self.x_ticks[0], self.x_end), (self.y_ticks[0], self.y_ticks[-1])
        x = LEFT + (point[0] - x0) / (x1 - x0) * (WIDTH - LEFT - RIGHT)
        y = self.height - BOTTOM - (point[1] - y0) / (y1 - y0) * (self.height - self.top - BOTTOM)
        return x, y


def line_chart(series: list[Series], title: str, x_label: str, y_label: str, height: float = HEIGHT) -> str:
    """One `<svg>` with a line for each series, axes with round ticks, and a legend when there are several series.

    `height` is that of the picture with a legend of one row; more rows make it higher.
    Markers carry their values as tooltips. A long series is thinned to the lowest and highest point of each stretch.
    """
    lines = [_runs(one) for one in series]
    points = [point for runs in lines for run in runs for point in run]
    parts = [svg.text(title, 16, 26, {"class": "ink", "fill": svg.INK, "font-size": 15, "font-weight": "600"})]
    if not points:
        middle = {"class": "muted", "fill": svg.MUTED, "text-anchor": "middle"}
        parts.append(svg.text("no values yet", WIDTH / 2, height / 2 + 12, middle))
        return svg.picture(WIDTH, height, title, *parts)
    legend, rows = _legend([one.name for one in series]) if len(series) > 1 else ("", 1)
    more = LEGEND_ROW * (rows - 1)
    height += more
    frame = _frame(points, height, TOP + more)
    parts += _axes(frame, x_label, y_label)
    for index, (one, runs) in enumerate(zip(series, lines, strict=True)):
        parts.append(_line(one.name, runs, index, frame.place))
    return svg.picture(WIDTH, height, title, *parts, legend)


def _runs(series: Series) -> list[list[Point]]:
    """The stretches of finite points between gaps, in the order of x."""
    runs: list[list[Point]] = [[]]
    for x, y in sorted(series.points, key=lambda point: point[0]):
        if y is not None and math.isfinite(y) and math.isfinite(x):
            runs[-1].append((x, y))
        elif runs[-1]:
            runs.append([])
    return [_thinned(run) for run in runs if run]


def _thinned(run: list[Point]) -> list[Point]:
    """At most about MOST_POINTS points: of each stretch the lowest and the highest, so no spike is lost."""
    size = math.ceil(2 * len(run) / MOST_POINTS)
    if size <= 2:
        return run
    kept: list[Point] = []
    for start in range(0, len(run), size):
        stretch = run[start : start + size]
        ends = {min(stretch, key=lambda point: point[1]), max(stretch, key=lambda point: point[1])}
        kept += sorted(ends)
    return kept


def _frame(points: list[Point], height: float, top: float) -> _Frame:
    """Axes around the points: y from tick to tick, x from a tick (of one point: from 0) to the last point."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    x_start = min(xs) if min(xs) < max(xs) else min(xs[0], 0)
    x_ticks = nice_ticks(x_start, max(xs), 6)
    x_end = max(xs) if max(xs) > x_ticks[0] else x_ticks[-1]
    y_ticks = nice_ticks(min(ys), max(ys), 5 if height - top >= HEIGHT - TOP else 3)
    return _Frame([tick for tick in x_ticks if tick <= x_end], x_end, y_ticks, height, top)


def _axes(frame: _Frame, x_label: str, y_label: str) -> list[str]:
    bottom = frame.height - BOTTOM
    muted = {"class": "muted", "fill": svg.MUTED, "font-size": 12}
    parts = []
    for tick, label in zip(frame.y_ticks, tick_labels(frame.y_ticks), strict=True):
        _, y = frame.place((frame.x_ticks[0], tick))
        grid = {"class": "line", "stroke": svg.LINE, "x1": LEFT, "x2": WIDTH - RIGHT, "y1": y, "y2": y}
        parts.append(svg.element("line", grid))
        parts.append(svg.text(label, LEFT - 8, y + 4, {**muted, "text-anchor": "end"}))
    for tick, label in zip(frame.x_ticks, tick_labels(frame.x_ticks), strict=True):
        x, _ = frame.place((tick, frame.y_ticks[0]))
        mark = {"class": "axis", "stroke": svg.MUTED, "x1": x, "x2": x, "y1": bottom, "y2": bottom + 4}
        parts.append(svg.element("line", mark))
        parts.append(svg.text(label, x, bottom + 18, {**muted, "text-anchor": "middle"}))
    axis = {"class": "axis", "stroke": svg.MUTED, "x1": LEFT, "x2": WIDTH - RIGHT, "y1": bottom, "y2": bottom}
    parts.append(svg.element("line", axis))
    parts.append(svg.text(x_label, WIDTH - RIGHT, frame.height - 12, {**muted, "text-anchor": "end"}))
    parts.append(svg.text(y_label, 16, 48, muted))
    return parts


def _line(name: str, runs: list[list[Point]], index: int, place: Place) -> str:
    colour = COLOURS[index % len(COLOURS)]
    stroke = {
        "class": f"stroke{index % len(COLOURS)}",
        "fill": "none",
        "stroke": colour,
        "stroke-width": 2,
        "stroke-linejoin": "round",
        "stroke-linecap": "round",
        **_dash(index),
    }
    parts = []
    for run in runs:
        corners = " ".join(",".join(map(svg.number, place(point))) for point in run)
        parts.append(svg.element("polyline", {**stroke, "points": corners}))
    if sum(map(len, runs)) <= MOST_MARKERS:
        parts += [_marker(name, point, place(point), index) for run in runs for point in run]
    return svg.element("g", {}, *parts)


def _marker(name: str, point: Point, at: Point, index: int) -> str:
    look = {"class": f"fill{index % len(COLOURS)}", "fill": COLOURS[index % len(COLOURS)]}
    tip = svg.text_child("title", f"{name}, {point[0]:g}: {point[1]:.4g}")
    return svg.element("circle", {**look, "cx": at[0], "cy": at[1], "r": 3}, tip)


def _dash(index: int) -> dict[str, str]:
    dash = DASHES[index // len(COLOURS) % len(DASHES)]
    return {"stroke-dasharray": dash} if dash else {}


def _legend(names: list[str]) -> tuple[str, int]:
    """The names in columns that end at the right edge above the plot, each behind a piece of its line; and the rows."""
    shown = [ellipsis(name, 24) for name in names]
    width = 6.8 * max(map(text_columns, shown)) + 44
    columns = min(len(shown), max(1, int((WIDTH - RIGHT - LEGEND_LEFT) / width)))
    parts: list[str] = []
    for index, name in enumerate(shown):
        x = WIDTH - RIGHT + 8 - width * (columns - index % columns)
        y = 48 + LEGEND_ROW * (index // columns)
        look = {"class": f"stroke{index % len(COLOURS)}", "stroke": COLOURS[index % len(COLOURS)], **_dash(index)}
        ends = {"x1": x, "x2": x + 22, "y1": y - 4, "y2": y - 4}
        parts.append(svg.element("line", {**look, "stroke-width": 3, **ends}))
        parts.append(svg.text(name, x + 28, y, {"class": "ink", "fill": svg.INK, "font-size": 12}))
    return svg.element("g", {"class": "legend"}, *parts), math.ceil(len(shown) / columns)
