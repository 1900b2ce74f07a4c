"""docs/config.md: up to date, complete, and in a few places as typed here by hand."""

import re
import sys
from pathlib import Path
from typing import Annotated

from nmt.attention.scorers.concat import Concat
from nmt.attention.scorers.scorer import Scorer
from nmt.bridges.bridge import Bridge
from nmt.config.component import Component, OneOf, Section
from nmt.config.experiment import Experiment
from nmt.config.schema import json_schema
from nmt.decoders.decoder import Decoder
from nmt.encoders.encoder import Encoder
from nmt.search.penalties import LengthPenalty
from nmt.training.objectives.decays import Decay
from nmt.training.objectives.objective import Objective

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from make_config_reference import PAGE, Reference  # noqa: E402

TEXT = PAGE.read_text(encoding="utf-8")
FAMILIES: list[type[Component]] = [Scorer, Bridge, Decoder, Encoder, LengthPenalty, Decay, Objective]


def parts():
    """The text below each heading."""
    found = re.split(r"^##+ (.*)\n", TEXT, flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


def keys(text):
    """The cells of the rows of a part by key."""
    rows = [re.split(r" (?<!\\)\| ", line.strip("| ")) for line in text.split("\n") if line.startswith("| `")]
    return {cells[0].strip("`"): cells[1:] for cells in rows}


def test_the_page_is_up_to_date():
    assert TEXT == Reference(json_schema(Experiment)).page()


def test_every_key_of_every_component_is_there_and_means_something():
    known = parts()
    for family in FAMILIES:
        for name, member in family.registry.items():
            rows = keys(known[f"{family.family}.{name}"])
            assert set(rows) == set(member.Config.model_fields) - {"type"}, name
            assert all(len(cells) == 3 and cells[2] for cells in rows.values()), name


def test_links_lead_to_headings():
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in parts()}
    linked = set(re.findall(r"\(#([^)]*)\)", TEXT))
    assert linked == anchors


def test_some_rows():
    known = parts()
    assert keys(known["scorer.location"]) == {
        "max_positions": ["whole number, above 0", "`128`", "Source positions that have a score, EOS counted."],
        "longer": [
            "`ignore`, `refuse`",
            "`ignore`",
            "A source with more positions: `ignore` those near its end, as the paper does, or `refuse` it.",
        ],
    }
    assert "`score(h_t, h_s) = h_t^T W_a h_s` Luong et al. 2015, section 3.1." in known["scorer.general"]
    assert keys(known["train"])["clip_norm"][:2] == ["number, above 0 or `null`", "`1.0`"]
    assert keys(known["data"])["batching"][:2] == ["[data.batching](#databatching)", '`{"sentences": 64}`']
    assert keys(known["The file"])["data"][:2] == ["[data](#data)", "required"]
    assert "At `train.objective.decay`." in known["decay"]


class Inner(Section):
    """Inside."""

    scorer: Annotated[Scorer.Config, OneOf(Scorer)] = Concat.Config(dim=7)
    """Chosen | here."""


class Outer(Section):
    """Outside."""

    inner: Inner = Inner(scorer=Concat.Config(dim=7, reduced=True))
    """Below."""


def test_of_a_default_only_what_is_not_the_own_default():
    page = Reference(json_schema(Outer)).page()
    assert (
        '| `inner` | [inner](#inner) | `{"scorer": {"type": "concat", "dim": 7, "reduced": true}}` | Below. |' in page
    )
    assert '| `scorer` | a type of [scorer](#scorer) | `{"type": "concat", "dim": 7}` | Chosen \\| here. |' in page
