import math
from xml.etree import ElementTree

import pytest

from nmt.report.chart import Series, line_chart
from nmt.report.ticks import nice_ticks, tick_labels

SVG = "{http://www.w3.org/2000/svg}"


def parsed(series: list[Series], title: str = "Loss") -> ElementTree.Element:
    return ElementTree.fromstring(line_chart(series, title, "step", "nats"))


def corners(root: ElementTree.Element) -> list[list[tuple[float, float]]]:
    lines = [line.attrib["points"].split() for line in root.iter(f"{SVG}polyline")]
    return [[(float(x), float(y)) for x, y in (pair.split(",") for pair in line)] for line in lines]


@pytest.mark.parametrize(
    ("low", "high", "count", "ticks"),
    [
        (0, 10, 6, [0, 2, 4, 6, 8, 10]),
        (1.9, 8.3, 5, [0, 2, 4, 6, 8, 10]),
        (400, 12_000, 6, [0, 2000, 4000, 6000, 8000, 10_000, 12_000]),
        (0.0001, 0.002, 3, [0, 0.001, 0.002]),
        (-3, 3, 4, [-4, -2, 0, 2, 4]),
        (4, 4, 5, [2, 3, 4, 5, 6]),
        (0, 0, 5, [-1, -0.5, 0, 0.5, 1]),
    ],
)
def test_ticks_are_round_and_enclose_the_range(low: float, high: float, count: int, ticks: list[float]) -> None:
    assert nice_ticks(low, high, count) == ticks


@pytest.mark.parametrize("exponent", range(-300, 300, 50))
def test_ticks_enclose_ranges_of_any_size(exponent: int) -> None:
    ticks = nice_ticks(1.3 * 10.0**exponent, 7.7 * 10.0**exponent)
    assert ticks[0] <= 1.3 * 10.0**exponent and ticks[-1] >= 7.7 * 10.0**exponent
    assert 3 <= len(ticks) <= 10


@pytest.mark.parametrize(("low", "high"), [(math.nan, 1), (0, math.inf), (2, 1)])
def test_no_ticks_without_a_range(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="no axis"):
        nice_ticks(low, high)


def test_tick_labels_have_one_style() -> None:
    assert tick_labels([0, 5000, 10_000]) == ["0", "5k", "10k"]
    assert tick_labels([0, 500, 1000]) == ["0", "500", "1000"]
    assert tick_labels([0.5, 1]) == ["0.5", "1"]


def test_lines_go_up_where_values_go_up() -> None:
    (line,) = corners(parsed([Series("bleu", [(0, 1.0), (10, 2.0), (20, 4.0)])]))
    assert [x for x, _ in line] == sorted(x for x, _ in line)
    assert line[0][1] > line[1][1] > line[2][1]
    assert line[1][1] - line[2][1] == pytest.approx(2 * (line[0][1] - line[1][1]), abs=0.05)


def test_points_are_drawn_in_the_order_of_x() -> None:
    straight, shuffled = [(0, 1.0), (10, 2.0), (20, 4.0)], [(20, 4.0), (0, 1.0), (10, 2.0)]
    assert line_chart([Series("a", straight)], "t", "x", "y") == line_chart([Series("a", shuffled)], "t", "x", "y")


def test_several_series_have_a_legend_and_colours_of_their_own() -> None:
    root = parsed([Series("training", [(0, 3.0), (1, 2.0)]), Series("validation", [(0, 4.0), (1, 3.0)])])
    assert {"training", "validation"} <= {text.text for text in root.iter(f"{SVG}text")}
    assert len({line.attrib["stroke"] for line in root.iter(f"{SVG}polyline")}) == 2


def test_many_series_differ_in_colour_or_dashes_and_their_names_do_not_overlap() -> None:
    names = [f"a long name of a run {number}" for number in range(12)]
    root = parsed([Series(name, [(0, 1.0 + number), (1, 2.0)]) for number, name in enumerate(names)])
    looks = {(line.attrib["stroke"], line.attrib.get("stroke-dasharray")) for line in root.iter(f"{SVG}polyline")}
    assert len(looks) == 12
    legend = next(group for group in root.iter(f"{SVG}g") if group.attrib.get("class") == "legend")
    places = [(float(text.attrib["x"]), float(text.attrib["y"])) for text in legend.iter(f"{SVG}text")]
    assert [text.text for text in legend.iter(f"{SVG}text")] == names
    assert len(set(places)) == 12 and len({x for x, _ in places}) == 2
    lowest = max(y for _, y in places)
    assert all(y > lowest for line in corners(root) for _, y in line)
    width, height = map(float, root.attrib["viewBox"].split()[2:])
    assert min(x for x, _ in places) > 80 and max(x for x, _ in places) < width - 150
    assert height - 320 == lowest - 48


def test_series_of_one_name_are_two_lines() -> None:
    assert len(corners(parsed([Series("a", [(0, 1.0), (1, 2.0)]), Series("a", [(0, 3.0), (1, 4.0)])]))) == 2


@pytest.mark.parametrize("hole", [None, math.nan, math.inf, -math.inf])
def test_a_missing_value_is_a_gap(hole: float | None) -> None:
    root = parsed([Series("a", [(0, 1.0), (1, 2.0), (2, hole), (3, 3.0), (4, 4.0)])])
    assert [len(line) for line in corners(root)] == [2, 2]
    assert "nan" not in ElementTree.tostring(root, "unicode").lower().replace("nats", "")


@pytest.mark.parametrize("series", [[], [Series("a")], [Series("a", [(1, None), (2, math.nan)])]])
def test_nothing_to_draw_is_said(series: list[Series]) -> None:
    root = parsed(series)
    assert "no values yet" in {text.text for text in root.iter(f"{SVG}text")}


def test_a_single_point_is_a_marker_with_its_value() -> None:
    root = parsed([Series("bleu", [(400, 12.345)])])
    (marker,) = root.iter(f"{SVG}circle")
    title = marker.find(f"{SVG}title")
    assert title is not None and title.text == "bleu, 400: 12.35"


def test_a_long_series_is_thinned_and_keeps_its_spike() -> None:
    points = [(float(step), 2.0) for step in range(100_000)]
    points[54_321] = (54_321.0, 9.0)
    (line,) = corners(parsed([Series("loss", [*points])]))
    assert len(line) < 1000
    assert min(y for _, y in line) < max(y for _, y in line) - 50


def test_the_picture_stands_alone() -> None:
    root = parsed([Series("a", [(0, 1.0), (1, 2.0)])])
    assert root.tag == f"{SVG}svg" and root.attrib["viewBox"] and root.attrib["font-family"]
    assert root[0].attrib["class"] == "paper" and root[0].attrib["fill"] == "#ffffff"
