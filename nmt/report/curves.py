"""The charts of a training run, from the lines of its `metrics.jsonl`."""

from __future__ import annotations

import math
from typing import Any, TypeGuard

from nmt.report.chart import HEIGHT, Series, line_chart

SMALL = 220.0

Metrics = list[dict[str, Any]]


def training_charts(metrics: Metrics) -> list[str]:
    """One `<svg>` each: loss (training and validation), then BLEU, learning rate and gradient norm where recorded."""
    training = Series("training", _points(metrics, "train", "loss"))
    validation = Series("validation", _points(metrics, "valid", "loss"))
    losses = [one for one in (training, validation) if one.points]
    charts = [line_chart(losses, "Loss", "step", "nats per target token")]
    charts += _single("BLEU", _points(metrics, "valid", "bleu"), "on the validation set", HEIGHT)
    charts += _single("Learning rate", _points(metrics, "train", "lr"), "", SMALL)
    charts += _single("Gradient norm", _points(metrics, "train", "grad_norm"), "", SMALL)
    return charts


def _single(title: str, points: list[tuple[float, float | None]], y_label: str, height: float) -> list[str]:
    return [line_chart([Series(title, points)], title, "step", y_label, height)] if points else []


def _points(metrics: Metrics, split: str, key: str) -> list[tuple[float, float | None]]:
    """(step, value) of the lines of one split that know the key; a value that is no number is a gap."""
    return [
        (float(line["step"]), float(line[key]) if is_number(line[key]) else None)
        for line in metrics
        if line.get("split") == split and key in line and is_number(line.get("step"))
    ]


def is_number(value: object) -> TypeGuard[float]:
    """Whether the value is a finite int or float; True and False are no numbers here."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
