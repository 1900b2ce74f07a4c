import math
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from nmt.report.heatmap import heatmap_svg, shade

SVG = "{http://www.w3.org/2000/svg}"
WEIGHTS_TS = np.array([[0.7, 0.2, 0.1], [0.05, 0.15, 0.8]], dtype=np.float32)


def cells(root: ElementTree.Element) -> list[ElementTree.Element]:
    return [rect for rect in root.iter(f"{SVG}rect") if rect.attrib.get("class") == "cell"]


def tip(node: ElementTree.Element) -> str:
    return node.findtext(f"{SVG}title", "")


def labels(root: ElementTree.Element) -> list[str]:
    legend = next(group for group in root.iter(f"{SVG}g") if group.attrib.get("class") == "legend")
    hidden = set(legend.iter(f"{SVG}text"))
    return [text.text or "" for text in root.iter(f"{SVG}text") if text not in hidden]


def test_cells_are_rows_of_target_and_columns_of_source() -> None:
    root = ElementTree.fromstring(heatmap_svg(["das", "kleine", "Haus"], ["the", "house"], WEIGHTS_TS))
    found = cells(root)
    assert [tip(cell) for cell in found] == [
        "das → the: 0.700",
        "kleine → the: 0.200",
        "Haus → the: 0.100",
        "das → house: 0.050",
        "kleine → house: 0.150",
        "Haus → house: 0.800",
    ]
    assert len({cell.attrib["x"] for cell in found}) == 3
    assert len({cell.attrib["y"] for cell in found}) == 2
    assert labels(root) == ["das", "kleine", "Haus", "the", "house"]


def test_shade_rises_with_the_weight() -> None:
    found = cells(ElementTree.fromstring(heatmap_svg(["a", "b", "c"], ["x", "y"], WEIGHTS_TS)))
    by_weight = sorted(found, key=lambda cell: float(tip(cell).split(": ")[1]))
    shades = [float(cell.attrib["fill-opacity"]) for cell in by_weight]
    assert all(lower < higher for lower, higher in pairwise(shades))


def test_shade_ends() -> None:
    assert shade(0.0) == 0 and shade(1.0) == 1 and shade(1.5) == 1 and shade(-0.1) == 0 and shade(math.nan) == 0


def test_the_row_and_column_beyond_the_tokens_are_eos() -> None:
    root = ElementTree.fromstring(heatmap_svg(["a", "b"], ["x"], WEIGHTS_TS))
    assert labels(root) == ["a", "b", "EOS", "x", "EOS"]
    assert tip(cells(root)[-1]) == "EOS → EOS: 0.800"


def test_a_translation_cut_off_has_an_eos_column_only() -> None:
    root = ElementTree.fromstring(heatmap_svg(["a", "b"], ["x", "y"], WEIGHTS_TS))
    assert labels(root) == ["a", "b", "EOS", "x", "y"]


@pytest.mark.parametrize(("source", "target"), [(1, 2), (4, 2), (3, 0), (3, 3)])
def test_weights_that_do_not_fit_are_refused(source: int, target: int) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        heatmap_svg(["s"] * source, ["t"] * target, WEIGHTS_TS)


def test_links_are_dots_in_their_cells() -> None:
    root = ElementTree.fromstring(heatmap_svg(["a", "b", "c"], ["x", "y"], WEIGHTS_TS, [(2, 1), (0, 0), (2, 1)]))
    group = next(group for group in root.iter(f"{SVG}g") if group.attrib.get("class") == "links")
    dots = [(float(dot.attrib["cx"]), float(dot.attrib["cy"])) for dot in group]
    found = cells(root)
    assert len(dots) == 2
    for (x, y), cell in zip(dots, (found[0], found[5]), strict=True):
        left, top, size = (float(cell.attrib[key]) for key in ("x", "y", "width"))
        assert x == pytest.approx(left + size / 2, abs=0.02) and y == pytest.approx(top + size / 2, abs=0.02)


@pytest.mark.parametrize("link", [(3, 0), (0, 2), (-1, 0)])
def test_a_link_outside_is_refused(link: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="outside"):
        heatmap_svg(["a", "b", "c"], ["x", "y"], WEIGHTS_TS, [link])


def test_long_tokens_are_cut_and_whole_in_their_title() -> None:
    word = "Donaudampfschifffahrtsgesellschaft"
    root = ElementTree.fromstring(heatmap_svg([word], ["x"], np.ones((1, 1), dtype=np.float32)))
    label = next(text for text in root.iter(f"{SVG}text") if (text.text or "").startswith("Donau"))
    assert label.text == "Donaudampfschifff…" and tip(label) == word


def test_a_space_is_visible() -> None:
    assert labels(ElementTree.fromstring(heatmap_svg([" "], ["x"], np.ones((1, 1), dtype=np.float32))))[0] == "␣"


def test_sixty_tokens_lie_inside_the_picture() -> None:
    tokens = [f"Wort{index}" for index in range(60)]
    weights_TS = np.full((61, 61), 1 / 61, dtype=np.float32)
    root = ElementTree.fromstring(heatmap_svg(tokens, tokens, weights_TS))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    found = cells(root)
    assert len(found) == 61 * 61
    assert all(float(cell.attrib["x"]) + float(cell.attrib["width"]) <= width for cell in found)
    assert all(float(cell.attrib["y"]) + float(cell.attrib["height"]) <= height for cell in found)
    assert float(found[0].attrib["width"]) >= 14


def test_labels_of_any_script_keep_their_own_direction() -> None:
    root = ElementTree.fromstring(heatmap_svg(["北京", "مدرسة", "x"], ["y", "z"], WEIGHTS_TS))
    shown = [text for text in root.iter(f"{SVG}text") if text.text in ("北京", "مدرسة")]
    assert len(shown) == 2 and all(text.attrib["unicode-bidi"] == "plaintext" for text in shown)


def test_no_tokens_at_all() -> None:
    root = ElementTree.fromstring(heatmap_svg([], [], np.ones((1, 1), dtype=np.float32)))
    assert [tip(cell) for cell in cells(root)] == ["EOS → EOS: 1.000"]
    assert not cells(ElementTree.fromstring(heatmap_svg([], [], np.ones((0, 0), dtype=np.float32))))


def test_the_picture_stands_alone() -> None:
    root = ElementTree.fromstring(heatmap_svg(["a", "b", "c"], ["x", "y"], WEIGHTS_TS, title="Attention"))
    assert root.tag == f"{SVG}svg" and root.attrib["font-family"] and root.attrib["aria-label"] == "Attention"
    assert root[0].attrib["class"] == "paper" and root[0].attrib["fill"] == "#ffffff"
