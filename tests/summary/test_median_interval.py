"""The interval of a median covers it as often as it says."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import scipy.stats

from xor_sweep.summary.median_interval import LEVEL, median_interval

DRAWS = 4_000

DISTRIBUTIONS: dict[str, Callable[[np.random.Generator, tuple[int, int]], np.ndarray]] = {
    "normal": lambda generator, shape: generator.normal(size=shape),
    "exponential": lambda generator, shape: generator.exponential(size=shape) - math.log(2),
    "with long tails": lambda generator, shape: generator.standard_t(2, size=shape),
    "of two peaks": lambda generator, shape: generator.normal(size=shape) + 2 * generator.choice([-1, 1], size=shape),
}
"""Whose median is 0."""


@pytest.mark.parametrize("size", [6, 7, 8, 10, 15, 20, 51])
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_the_interval_covers_the_median_in_95_of_100_samples(name: str, size: int) -> None:
    samples = np.sort(DISTRIBUTIONS[name](np.random.default_rng(size), (DRAWS, size)), axis=1)
    ends = np.array([median_interval(sample.tolist()) for sample in samples])
    covered = np.mean((ends[:, 0] <= 0) & (ends[:, 1] >= 0))
    assert covered == pytest.approx(LEVEL, abs=0.03 if name == "of two peaks" else 0.015)


@pytest.mark.parametrize("size", range(1, 6))
def test_of_fewer_than_six_values_it_is_their_range(size: int) -> None:
    assert median_interval([float(place) for place in range(size)]) == (0.0, size - 1.0)


@pytest.mark.parametrize("size", [6, 7, 30, 1_000, 20_000])
def test_its_ends_lie_between_the_order_statistics_that_cover_more_and_less(size: int) -> None:
    low, high = median_interval([float(place) for place in range(1, size + 1)])
    nth = next(nth for nth in range(size // 2, 0, -1) if 1 - 2 * scipy.stats.binom.cdf(nth - 1, size, 0.5) >= LEVEL)
    assert nth <= low < nth + 1
    assert low + high == pytest.approx(size + 1)


def test_runs_that_did_not_complete_are_the_upper_end() -> None:
    assert median_interval([1.0, 2.0, 3.0, math.inf, math.inf, math.inf, math.inf])[1] == math.inf
    assert median_interval([1.0] * 5 + [math.inf])[0] == 1.0
