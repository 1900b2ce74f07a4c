"""Axis ticks at round numbers."""

from __future__ import annotations

import math


def nice_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """About `count` multiples of 1, 2 or 5 times a power of ten; the first is <= low, the last >= high.

    A range of no width is widened around its value. Raises ValueError when a bound is not finite or low > high.
    """
    if not (math.isfinite(low) and math.isfinite(high)) or low > high:
        raise ValueError(f"no axis from {low} to {high}")
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        margin = abs(low) / 2 or 1.0
        low, high = low - margin, high + margin
    step = _nice_step((high - low) / max(count - 1, 1))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [float(f"{index * step:.12g}") for index in range(first, last + 1)]


def tick_labels(ticks: list[float]) -> list[str]:
    """The ticks as text of one style: all in thousands (`12k`) where the largest has five digits or more."""
    if max(map(abs, ticks), default=0) >= 10_000:
        return [f"{tick / 1000:g}k" if tick else "0" for tick in ticks]
    return [f"{tick:g}" for tick in ticks]


def _nice_step(rough: float) -> float:
    """The 1, 2 or 5 times a power of ten that is nearest in ratio."""
    power = 10.0 ** math.floor(math.log10(rough))
    return min((factor * power for factor in (1, 2, 5, 10)), key=lambda step: abs(math.log(step / rough)))
