"""Cost curves: read from the runs' event files, and many of them drawn together into quantiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from xor_sweep.logs.read import read_scalars
from xor_sweep.results import RunResult
from xor_sweep.runs import SweepPaths
from xor_sweep.tags import COSTS

Each = TypeVar("Each")

Curve = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Steps `(points,)` and cost `(points,)`, NaN where it was not finite."""


def spread(results: Sequence[Each], most: int) -> list[Each]:
    """At most `most` of the runs, evenly spread over their order, the first and the last among them."""
    if len(results) <= most:
        return list(results)
    return [results[index] for index in np.linspace(0, len(results) - 1, most).round().astype(int)]


def read_curves(sweep: SweepPaths, results: Sequence[RunResult], points: int | None) -> dict[str, Curve]:
    """The curve of the cost that ranks it, of each run that logged a finite one, by the run's name.

    Args:
        sweep: the sweep directory.
        results: the runs to read, whose order is kept.
        points: about how many points a curve; None for all.
    """
    curves = {}
    for result in results:
        found = read_scalars(sweep.run(result.run).directory, COSTS, points)
        steps, cost = next((found[tag] for tag in COSTS if len(found[tag][0])), found[COSTS[0]])
        cost64 = cost.astype(np.float64)
        cost64[~np.isfinite(cost64)] = np.nan
        if np.isfinite(cost64).any():
            curves[result.run] = (steps, cost64)
    return curves


def quantiles(curves: Sequence[Curve], levels: Sequence[float]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Quantiles over curves at each step of the longest one.

    Curves are interpolated between their points; past its last step, and where it was not finite, one does not count.

    Returns:
        steps `(points,)` and quantiles `(levels, points)`, steps without any finite cost left out.
    """
    grid = max((steps for steps, _ in curves), key=lambda steps: int(steps[-1]))
    costs = np.stack([_on(grid, steps, cost) for steps, cost in curves])
    kept = np.isfinite(costs).any(axis=0)
    return grid[kept], np.nanquantile(costs[:, kept], levels, axis=0)


def _on(grid: NDArray[np.int64], steps: NDArray[np.int64], cost: NDArray[np.float64]) -> NDArray[np.float64]:
    if np.array_equal(grid, steps):
        return cost
    return np.interp(grid, steps, cost, right=np.nan)
