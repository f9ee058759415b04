"""An interval of the median of some values, whatever their distribution.

Order statistics around the middle cover the median with probabilities that are those of tosses of a coin. Between two
pairs of them the interpolation of Hettmansperger and Sheather (1986), "Confidence intervals based on interpolated order
statistics", comes within about a percent of the level that is asked for. A percentile bootstrap of seven values covers
87% where it says 95%.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

LEVEL = 0.95

LEAST_FOR_INTERVAL = 6
"""Values from which on their range covers the median by 95%, as 1 - 2 / 2**n; the interval of fewer is their range."""


def median_interval(ordered: Sequence[float]) -> tuple[float, float]:
    """Return the interval that covers the median of what values are drawn from with a probability of 95%.

    Args:
        ordered: the values, rising; infinite ones last; at least one.

    Returns:
        The lower and the upper end; of fewer than six values, the smallest and the largest one.
    """
    size = len(ordered)
    place, weight = _ends(size)
    return (
        _between(ordered[place], ordered[min(place + 1, size - 1)], weight),
        _between(ordered[size - 1 - place], ordered[max(size - 2 - place, 0)], weight),
    )


def _between(outer: float, inner: float, weight: float) -> float:
    return outer if weight == 0 or outer == inner else (1 - weight) * outer + weight * inner


@cache
def _ends(size: int) -> tuple[int, float]:
    """Return which value from an end the interval begins at, from 0 on, and how far on the way to the next one."""
    if size < LEAST_FOR_INTERVAL:
        return 0, 0.0
    number = np.arange(1, size + 1)
    chances = np.exp(np.cumsum(np.log((size - number + 1) / number)) - size * np.log(2))
    below = np.concatenate([[0.5**size], 0.5**size + np.cumsum(chances)])  # P(at most k of the values lie below)
    covered = 1 - 2 * below[: size // 2]
    place = int(np.flatnonzero(covered >= LEVEL)[-1])
    share = (covered[place] - LEVEL) / (covered[place] - covered[place + 1])
    nth = place + 1
    return place, float((size - nth) * share / (nth + (size - 2 * nth) * share))
