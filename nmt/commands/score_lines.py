"""Scores for people: one line a score, each beginning with the name of its test set."""

from __future__ import annotations

from typing import Any

Scores = dict[str, dict[str, Any]]


def score_lines(scores: Scores) -> list[str]:
    """BLEU, chrF and TER with half of their 95 % interval and their signature, AER, and perplexity, of each set."""
    from nmt.evaluation.scores import METRICS
    from nmt.pipeline.scoring import SIGNATURES

    lines = []
    for name, values in scores.items():
        for metric, title in METRICS.items():
            if metric in values:
                half = values["confidence"][metric]["half_width"]
                interval = "" if half is None else f" ± {half:.2f}"
                lines.append(f"{name}  {title} {values[metric]:.2f}{interval}  {values[SIGNATURES[metric]]}")
        if "aer" in values:
            precision, recall = values["alignment_precision"], values["alignment_recall"]
            lines.append(
                f"{name}  AER {100 * values['aer']:.2f} %  precision {100 * precision:.2f}  recall {100 * recall:.2f}"
            )
        if values.get("perplexity") is not None:
            lines.append(f"{name}  perplexity {values['perplexity']:.2f} of {values['target_pieces']} target pieces")
    return lines


def detail_lines(scores: Scores) -> list[str]:
    """Lengths, the difference from the baseline, and BLEU of the parts of each set."""
    lines = []
    for name, values in scores.items():
        if "bleu" not in values:
            continue
        ratio = values["length_ratio"]
        lengths = f"{values['hypothesis_length']} of {values['reference_length']} tokens"
        lines.append(
            f"{name}  brevity penalty {values['brevity_penalty']:.3f}, "
            f"length ratio {'undefined' if ratio is None else format(ratio, '.3f')} ({lengths})"
        )
        if "bleu_by_length" in values:
            lines.append(f"{name}  BLEU by source length: {_parts(values['bleu_by_length'])}")
        if "no_unk" in values:
            source, reference = values["unknown_words"]["source"], values["unknown_words"]["reference"]
            lines.append(f"{name}  unknown words: {source} in the sources, {reference} in the references")
            lines.append(f"{name}  BLEU by unknown source words: {_parts(values['bleu_by_unknown'])}")
            bleu, sentences = values["no_unk"]["bleu"], values["no_unk"]["sentences"]
            lines.append(f"{name}  BLEU without unknown words: {_number(bleu)} ({sentences} sentences)")
        if "baseline" in values:
            lines.append(f"{name}  {_against(values['baseline'])}")
    return lines


def _parts(rows: list[dict[str, Any]]) -> str:
    """`1-5 40.12 (28)`: range, BLEU, sentences."""
    from nmt.evaluation.buckets import span

    return ", ".join(f"{span(row)} {_number(row['bleu'])} ({row['sentences']})" for row in rows)


def _against(baseline: dict[str, Any]) -> str:
    from nmt.evaluation.scores import METRICS

    parts = []
    for metric, title in METRICS.items():
        found = baseline[metric]
        p_value = "not tested" if found["p_value"] is None else f"p = {found['p_value']:.4f}"
        parts.append(f"{title} {found['difference']:+.2f} ({p_value})")
    return f"against {baseline['run']}: {', '.join(parts)}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
