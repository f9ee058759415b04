"""Where numbers stand on an axis: by ratio or not, and aside of each other where many are the same."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

DECADES = 1.999
"""Values that span so many decades have a logarithmic axis; a bit under two, for the rounding of 0.1 / 0.001."""

RATIO = 7.99
"""Values whose ends have such a ratio have one where that spreads them more evenly: 1, 2, 5, 10 or 1, 3, 10."""

CLOSE = 1.1
"""Costs whose ratio is smaller have a linear axis: a logarithmic one has its ticks elsewhere."""

GOLDEN = (math.sqrt(5) - 1) / 2
"""Its multiples, but for their whole part, fill an interval evenly, however many there are."""


def apart(low: float, high: float) -> bool:
    """Whether costs from `low` to `high` are told apart on a logarithmic axis."""
    return low > 0 and high >= CLOSE * low


def aside(count: int) -> NDArray[np.float64]:
    """So many places between -0.5 and 0.5, neighbours far from each other: `(count,)`."""
    places: NDArray[np.float64] = np.arange(count, dtype=np.float64) * GOLDEN % 1 - 0.5
    return places


def logarithmic(distinct: NDArray[np.float64]) -> bool:
    """Whether values are wide apart, or were chosen evenly by ratio.

    Args:
        distinct: `(distinct,)`, in ascending order.
    """
    if distinct.size < 2 or distinct[0] <= 0 or _even(distinct):
        return False
    decades = np.log10(distinct)
    if decades[-1] - decades[0] >= DECADES or _even(decades):
        return True
    return bool(distinct[-1] >= RATIO * distinct[0] and _unevenness(decades) < _unevenness(distinct))


def _even(values: NDArray[np.float64]) -> bool:
    """Whether three or more ascending values have equal gaps, give or take what 1, 3, 10, 30 have."""
    gaps = np.diff(values)
    return values.size >= 3 and bool(gaps.max() <= 1.1 * gaps.min())


def _unevenness(values: NDArray[np.float64]) -> float:
    """The gaps' standard deviation over their mean: 0 where they are equal."""
    gaps = np.diff(values)
    return float(gaps.std() / gaps.mean())
