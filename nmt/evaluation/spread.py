"""Mean and standard deviation of the same measurement on runs with different seeds."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import NamedTuple


class Spread(NamedTuple):
    """Mean, and standard deviation of the sample (n - 1 in the denominator); None for a single value."""

    mean: float
    deviation: float | None


def spread(values: Sequence[float]) -> Spread:
    """Of at least one value."""
    return Spread(statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else None)
