"""Bootstrap intervals of medians: how far a median may be luck.

The percentile bootstrap of Efron (1979), "Bootstrap methods: another look at the jackknife". A sample that is drawn
from sorted values needs no sorting of its own: the ranks that stand in its middle depend on nothing but its size, so
they are drawn once for all groups of that size.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from xor_sweep.summary.median_interval import LEVEL

RESAMPLES = 10_000
SEED = 1979

Floats = NDArray[np.float64]


def medians(values: Sequence[float], stream: int = 0) -> Floats:
    """Medians of samples drawn from the values with replacement.

    Args:
        values: finite, or infinite where a run has none; at least one.
        stream: medians of two groups that are compared come of two streams.

    Returns:
        `(RESAMPLES,)`, the same for the same values.
    """
    ordered = np.sort(np.asarray(values, np.float64))
    low, high = (ordered[ranks] for ranks in _middle_ranks(len(ordered), stream))
    return np.where(low == high, low, (low + high) / 2)


def medians_of_pairs(first: Sequence[float], second: Sequence[float]) -> tuple[Floats, Floats]:
    """Medians of two groups whose values are pairs: samples of the one hold the partners of those of the other.

    Args:
        first, second: as for `medians`, of one length, in the order of the pairs.

    Returns:
        `(RESAMPLES,)` of each, the same for the same values.
    """
    pairs = np.asarray([first, second], np.float64)
    size = pairs.shape[1]
    generator = np.random.default_rng([SEED, size])
    middle = [(size - 1) // 2, size // 2]
    rows = max(1, BLOCK // size)
    blocks = []
    for start in range(0, RESAMPLES, rows):
        places = generator.integers(size, size=(min(rows, RESAMPLES - start), size))
        blocks.append(np.partition(pairs[:, places], middle, axis=2)[:, :, middle])
    low, high = np.moveaxis(np.concatenate(blocks, axis=1), 2, 0)
    drawn = np.where(low == high, low, (low + high) / 2)
    return drawn[0], drawn[1]


def interval(drawn: Floats) -> tuple[float, float]:
    """The interval that holds the middle 95% of what was drawn; each end is one of its values."""
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail], method="inverted_cdf")
    return float(low), float(high)


@cache
def _middle_ranks(size: int, stream: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The ranks of the two values in the middle of each sample, which are one for an odd size."""
    generator = np.random.default_rng([SEED, stream, size])
    middle = [(size - 1) // 2, size // 2]
    rows = max(1, BLOCK // size)
    blocks = []
    for start in range(0, RESAMPLES, rows):
        ranks = generator.integers(size, size=(min(rows, RESAMPLES - start), size))
        blocks.append(np.partition(ranks, middle, axis=1)[:, middle])
    low, high = np.concatenate(blocks).T
    return low, high


BLOCK = 10**6
"""Ranks in memory at a time."""
