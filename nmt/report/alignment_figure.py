"""A sentence pair in a page without scripts: its text, its score and its attention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nmt.report.escape import escape_text
from nmt.report.heatmap import heatmap_svg

if TYPE_CHECKING:
    from nmt.alignment.record import AlignmentRecord

WIDE = 20
"""From this many source tokens on, the map takes the whole width and the text stands above it, not beside it."""

READING = (
    "Each row shows where the model looked when it wrote that target word; the stronger the colour, the more weight. "
    "Hold the pointer over a cell for its number."
)


def alignment_figure(record: AlignmentRecord) -> str:
    """One `<article>`: the sentence's number, score, source, translation and heat map with its links."""
    alignment = record.alignment
    facts = [f"Sentence {record.id}"]
    if alignment.score is not None:
        facts.append(f"log-probability {alignment.score:.3f}")
    facts.append(f"{len(alignment.src_tokens)} source and {len(alignment.tgt_tokens)} target {alignment.unit}s")
    heading = "".join(f"<span>{escape_text(fact)}</span>" for fact in facts)
    picture = heatmap_svg(
        alignment.src_tokens,
        alignment.tgt_tokens,
        alignment.weights_TS,
        record.links,
        f"Attention of sentence {record.id}",
    )
    width = " wide" if len(alignment.src_tokens) >= WIDE else ""
    return (
        f'<article class="card pair{width}">\n<div><h3>{heading}</h3>\n<dl>'
        f'<dt>Source</dt><dd dir="auto">{escape_text(record.src)}</dd>'
        f'<dt>Translation</dt><dd dir="auto">{escape_text(record.tgt)}</dd></dl></div>\n'
        f'<div class="scroll">{picture}</div>\n</article>\n'
    )
