"""`report.html`: what a training run did, on one page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TextIO

from nmt.report.alignment_figure import READING, alignment_figure
from nmt.report.curves import is_number, training_charts
from nmt.report.escape import escape_lines, escape_text
from nmt.report.page import PAGE_END, page_start, section

if TYPE_CHECKING:
    from nmt.alignment.record import AlignmentRecord

SCORES = {"bleu": "BLEU", "chrf": "chrF", "ter": "TER", "aer": "AER"}
DECIMALS = {"bleu": 2, "chrf": 2, "ter": 2, "aer": 3}
SIGNATURES = {"bleu": "signature", "chrf": "chrf_signature", "ter": "ter_signature"}


@dataclass(frozen=True)
class Sample:
    """A source sentence, its reference and the translation of it."""

    src: str
    ref: str
    hyp: str


@dataclass(frozen=True)
class RunReport:
    """All that the page shows. Only the title is needed; an empty part leaves its section out."""

    title: str
    summary: list[tuple[str, str]] = field(default_factory=list)
    """Names and values for the top of the page: parameters, minutes, device."""
    metrics: list[dict[str, Any]] = field(default_factory=list)
    """The lines of metrics.jsonl; losses in nats per target token."""
    scores: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Name of a test set to its `bleu`, `chrf`, `ter` with their signatures, and `aer`, each where known."""
    samples: list[Sample] = field(default_factory=list)
    alignments: list[AlignmentRecord] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    """What to type next."""
    config_yaml: str = ""


def write_run_report(stream: TextIO, report: RunReport) -> None:
    """Writes the page; the same report gives the same bytes."""
    parts = [
        ("curves", "Training", _curves(report.metrics)),
        ("scores", "Scores", _scores(report.scores)),
        ("samples", "Translations", _samples(report.samples)),
        ("attention", "Attention", _attention(report.alignments)),
        ("next", "What to type next", _commands(report.commands)),
        ("config", "Configuration", _config(report.config_yaml)),
    ]
    shown = [part for part in parts if part[2]]
    stream.write(page_start(report.title))
    stream.write(_nav([(anchor, heading) for anchor, heading, _ in shown]))
    stream.write(_summary(report.summary))
    for anchor, heading, body in shown:
        stream.write(section(anchor, heading) + body)
    stream.write(PAGE_END)


def _nav(headings: list[tuple[str, str]]) -> str:
    links = [f'<a href="#{anchor}">{escape_text(heading)}</a>' for anchor, heading in headings]
    return f"<nav>{''.join(links)}</nav>\n" if links else ""


def _summary(summary: list[tuple[str, str]]) -> str:
    facts = [
        f'<div class="card"><dt>{escape_text(name)}</dt><dd dir="auto">{escape_text(value)}</dd></div>'
        for name, value in summary
    ]
    return f'<dl class="facts">{"".join(facts)}</dl>\n' if facts else ""


def _curves(metrics: list[dict[str, Any]]) -> str:
    if not metrics:
        return ""
    figures = [f'<figure class="card">{chart}</figure>\n' for chart in training_charts(metrics)]
    return f'<div class="charts">\n{"".join(figures)}</div>\n'


def _scores(scores: dict[str, dict[str, Any]]) -> str:
    """Two rows a test set: each score that any set has, and the signatures, without which no score compares."""
    columns = [key for key in SCORES if any(key in values for values in scores.values())]
    if not columns:
        return ""
    names = "".join(f'<th scope="col" class="score">{SCORES[key]}</th>' for key in columns)
    rows = []
    for name, values in scores.items():
        cells = "".join(f'<td class="score">{_decimals(values.get(key), DECIMALS[key])}</td>' for key in columns)
        signatures = "".join(
            f'<span class="signature">{SCORES[key]}|{escape_text(str(values[signature]))}</span>'
            for key, signature in SIGNATURES.items()
            if values.get(signature)
        )
        rows.append(
            f'<tr><th scope="row" dir="auto">{escape_text(name)}</th>{cells}</tr>\n'
            f'<tr><td class="signatures" colspan="{len(columns) + 1}">{signatures}</td></tr>\n'
        )
    head = f'<thead><tr><th scope="col">Test set</th>{names}</tr></thead>'
    return f'<div class="card scroll"><table class="scores">{head}\n<tbody>\n{"".join(rows)}</tbody></table></div>\n'


def _decimals(value: object, digits: int) -> str:
    return f"{value:.{digits}f}" if is_number(value) else "&ndash;"


def _samples(samples: list[Sample]) -> str:
    if not samples:
        return ""
    names = ("Source", "Reference", "Translation")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    rows = []
    for sample in samples:
        texts = zip(names, (sample.src, sample.ref, sample.hyp), strict=True)
        cells = "".join(f'<td data-label="{name}"><p dir="auto">{escape_text(text)}</p></td>' for name, text in texts)
        rows.append(f"<tr>{cells}</tr>\n")
    table = f"<thead><tr>{head}</tr></thead>\n<tbody>\n{''.join(rows)}</tbody>"
    return f'<div class="card"><table class="samples">{table}</table></div>\n'


def _attention(alignments: list[AlignmentRecord]) -> str:
    if not alignments:
        return ""
    figures = "".join(map(alignment_figure, alignments))
    return f'<p class="note">{READING}</p>\n{figures}'


def _commands(commands: list[str]) -> str:
    lines = "\n".join(map(escape_lines, commands))
    return f'<pre class="card"><code>{lines}</code></pre>\n' if commands else ""


def _config(config_yaml: str) -> str:
    if not config_yaml.strip():
        return ""
    code = f"<pre><code>{escape_lines(config_yaml)}</code></pre>"
    return f'<details class="card"><summary>config.yaml</summary>{code}</details>\n'
