"""The page of alignments in a real browser: it opens without a complaint, hover, search, sorting and paging work."""

import json

import numpy as np
import pytest

from nmt.alignment.alignment import Alignment
from nmt.alignment.diagnostics import diagnose
from nmt.alignment.formats.registry import open_writer
from nmt.alignment.formats.side_by_side import write_view
from nmt.alignment.record import AlignmentRecord
from nmt.report.escape import visible

from .chromium import PROGRAM, Browser

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (Debian: apt-get install chromium)")

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "<img/src=x/onerror=alert(1)>",
    '"onmouseover="alert(1)',
    "javascript:alert(1)",
    "a\u2028b\u2029c",
    "\u202eevil\u2066",
    "nul\x00nul",
    "__proto__",
    "{{constructor.constructor('alert(1)')()}}",
    "x" * 1_000_000,
]
ARABIC = "رأيت بالأمس القلعة القديمة"


def record(number, src, tgt, sharpness=1.0):
    """Word n of the target attends to word n of the source, as far as there is one, and else to EOS."""
    src, tgt = src.split(" "), tgt.split(" ")
    weights_TS = np.full((len(tgt) + 1, len(src) + 1), 0.1, dtype=np.float32)
    for row in range(len(tgt) + 1):
        weights_TS[row, min(row, len(src))] += sharpness
    weights_TS /= weights_TS.sum(axis=1, keepdims=True)
    links = [(n, n) for n in range(min(len(src), len(tgt)))]
    alignment = Alignment(src, tgt, weights_TS, "word", True, -float(number % 7))
    return AlignmentRecord(number, " ".join(src), " ".join(tgt), alignment, links)


RECORDS = [
    record(0, "the old house", "das alte Haus", 4),
    record(1, ARABIC, "yesterday I saw it"),
    record(2, "我 昨天 看到 城堡", "昨日 城 を 見た"),
    record(3, " ".join(f"w{n}" for n in range(70)), " ".join(f"v{n}" for n in range(60))),
    *[record(4 + n, f"{text} two", f"{text} zwei") for n, text in enumerate(HOSTILE)],
    *[record(15 + n, f"number {n}", f"Nummer {n} .", 1 + n) for n in range(15)],
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "a.html"
    with open_writer("html", path) as writer:
        for one in RECORDS:
            writer.write(one)
    return path


def start(browser, page, fragment=""):
    """The page as just opened, or as at a fragment, without loading it again."""
    if browser.run("location.href").partition("#")[0] != page.as_uri():
        browser.open(page)
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=1, y=1)
    changed = "addEventListener('hashchange', () => done(), {once: true})"
    browser.run(f"new Promise(done => {{ {changed}; location.hash = '{fragment}&again=' + performance.now(); }})")


def texts(browser, selector):
    return browser.run(f"[...document.querySelectorAll({json.dumps(selector)})].map(e => e.textContent)")


def numbers(browser):
    return [int(text.removeprefix("Sentence ")) for text in texts(browser, ".item h2")]


@pytest.mark.parametrize("width", [1280, 420])
def test_it_opens_alone_and_without_a_complaint(browser, page, width):
    browser.open(page, width)
    assert browser.problems == []
    assert browser.requests == [page.as_uri()]
    assert numbers(browser) == list(range(20))
    assert texts(browser, "#count") == ["30 of 30 sentences"]
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")
    assert browser.run("document.querySelectorAll('.item svg.map').length") == 20


def test_pointing_at_a_word_lights_its_links(browser, page):
    start(browser, page)
    browser.point(".item:first-child .target .token", 2)
    assert texts(browser, ".token.on") == ["Haus"]
    assert texts(browser, ".source .token.linked") == ["house"]
    assert browser.run("document.querySelector('.item:first-child .across').getAttribute('width') > 0")
    browser.point(".item:first-child .source .token", 0)
    assert texts(browser, ".token.on") == ["the"] and texts(browser, ".token.linked") == ["das"]
    browser.point("h1")
    assert texts(browser, ".token.on, .token.linked") == []


def test_pointing_at_a_cell_shows_its_weight(browser, page):
    start(browser, page)
    browser.run("scrollTo(0, 0)")
    place = "const b = document.querySelector('.catch').getBoundingClientRect();"
    x, y = browser.run(f"(() => {{ {place} return [b.left + b.width * 3 / 8, b.top + b.height * 3 / 8]; }})()")
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    # cell 1, 1 of four rows and columns: 4.1 / (4 + 4 * 0.1)
    assert texts(browser, "#tip") == ["old → alte 0.932"]
    assert texts(browser, ".token.on") == ["old", "alte"]


def test_arrow_keys_go_from_word_to_word(browser, page):
    start(browser, page)
    browser.run("document.querySelector('.source .tokens').focus()")
    for expected in ("the", "old", "house"):
        browser.call("Input.dispatchKeyEvent", type="keyDown", key="ArrowRight", code="ArrowRight")
        assert texts(browser, ".token.on") == [expected]


def test_search_finds_either_side_and_numbers(browser, page):
    start(browser, page)
    for query, found in (
        ("HAUS", [0]),
        ("القلعة", [1]),
        ("城堡", [2]),
        ("#17", [17]),
        ("nummer 13", [28]),
        ("none", []),
    ):
        browser.type("#search", query)
        assert numbers(browser) == found, query
        assert texts(browser, "#count") == [f"{len(found)} of 30 sentences"]
    assert texts(browser, ".nothing") == ["No sentence has this text."]
    assert browser.problems == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("entropy", lambda found: round(found.entropy, 4)),
        ("score", lambda found: found.score),
        ("src_length", lambda found: found.src_length),
        ("number", lambda found: found.id),
    ],
)
@pytest.mark.parametrize("down", [False, True])
def test_sorting(browser, page, key, value, down):
    start(browser, page, f"sort={key}&down={int(down)}")
    expected = sorted(RECORDS, key=lambda one: (-1 if down else 1) * value(diagnose(one)))
    assert numbers(browser) == [one.id for one in expected[:20]]


def test_paging_draws_one_page_at_a_time(browser, page):
    start(browser, page)
    browser.run("document.querySelector('[data-step=after]').click()")
    assert numbers(browser) == list(range(20, 30))
    assert texts(browser, ".pager span") == ["page 2 of 2"] * 2
    assert browser.run("document.querySelector('[data-step=last]').disabled")
    browser.run("document.querySelector('[data-step=first]').click()")
    assert numbers(browser) == list(range(20))


def test_hostile_text_is_text(browser, page):
    scripts = 1 + 1 + 1
    start(browser, page)
    assert texts(browser, ".source .token:first-child")[4:15] == [
        visible(text) if len(text) < 1000 else text[:200] + "…" for text in HOSTILE
    ]
    assert browser.run("document.querySelectorAll('img, iframe, object, embed, link, a, form').length") == 0
    assert browser.run("document.querySelectorAll('script').length") == scripts
    for number in range(len(HOSTILE)):
        browser.point(".source .token:first-child", 4 + number)
    assert browser.problems == []


def test_the_policy_is_in_force(browser, page):
    start(browser, page)
    blocked = "try { const s = document.createElement('script'); s.textContent = 'window.ran = 1'; "
    blocked += "document.body.append(s); 'appended' } catch (error) { error.name }"
    assert browser.run(blocked) == "TypeError"
    assert browser.run("try { document.body.innerHTML = '<b>'; 'set' } catch (error) { error.name }") == "TypeError"
    assert browser.run("typeof window.ran") == "undefined"


def test_right_to_left_text_runs_from_the_right(browser, page):
    start(browser, page)
    assert browser.run("[...document.querySelectorAll('.source .tokens')].slice(0, 3).map(e => e.dir)") == [
        *("ltr", "rtl", "ltr")
    ]
    first, second = (
        browser.run(
            f"document.querySelectorAll('.item')[1].querySelectorAll('.source .token')[{n}]"
            ".getBoundingClientRect().left"
        )
        for n in (0, 1)
    )
    assert first > second


def test_two_systems_and_n_best(browser, tmp_path):
    files = {"one.jsonl": ["das alte Haus", "das Haus"], "two.jsonl": ["ein altes Haus"]}
    for name, targets in files.items():
        with open_writer("jsonl", tmp_path / name) as writer:
            for target in targets:
                writer.write(record(0, "the old house", target))
    with (tmp_path / "both.html").open("wb") as stream:
        write_view(stream, [tmp_path / name for name in files], "Both")
    browser.open(tmp_path / "both.html")
    assert texts(browser, ".panel h3") == ["one.jsonl", "two.jsonl"]
    left, right = browser.run("[...document.querySelectorAll('.panel')].map(e => e.getBoundingClientRect().top)")
    assert left == right
    assert texts(browser, ".target .tokens") == ["das alte Haus EOS", "ein altes Haus EOS"]
    browser.run("document.querySelectorAll('.ranks button')[1].click()")
    assert texts(browser, ".target .tokens") == ["das Haus EOS", "ein altes Haus EOS"]
    assert texts(browser, ".ranks [aria-pressed=true]") == ["2"]
    assert "difference" in browser.run("[...document.querySelectorAll('#sort option')].map(e => e.value)")
    assert browser.problems == []
