"""Cost curves: read from the runs' event files, and many of them drawn together into quantiles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from xor_sweep.logs.read import read_scalars
from xor_sweep.runs import SweepPaths
from xor_sweep.tags import COSTS

Curve = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Steps `(points,)` and cost or accuracy `(points,)`, NaN where it was not finite."""


def read_curves(
    sweep: SweepPaths, runs: Iterable[str], points: int | None, tags: Sequence[str] = COSTS
) -> dict[str, Curve]:
    """The curve of the first of some tags that it logged, of each run where it was finite at a step, by the run's name.

    Args:
        sweep: the sweep directory.
        runs: the names of those to read, whose order is kept.
        points: about how many points a curve; None for all.
        tags: of costs or of accuracies, the one that ranks a run first.
    """
    curves = {}
    for run in runs:
        found = read_scalars(sweep.run(run).directory, tags, points)
        steps, values = next((found[tag] for tag in tags if len(found[tag][0])), found[tags[0]])
        values64 = values.astype(np.float64)
        values64[~np.isfinite(values64)] = np.nan
        if np.isfinite(values64).any():
            curves[run] = (steps, values64)
    return curves


def quantiles(
    curves: Sequence[Curve], levels: Sequence[float], completed: Sequence[bool]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Quantiles over curves at each step of the longest one.

    Curves are interpolated between their points, and where it was not finite one does not count.

    Args:
        curves: at least one, finite somewhere.
        levels: from 0 to 1.
        completed: of each curve, whether its run did: if it stopped early it keeps its last value, and another does not
            count any more past its last step.

    Returns:
        steps `(points,)` and quantiles `(levels, points)`, steps without any finite cost left out.
    """
    grid = _longest(curves)
    costs = np.stack([_on(grid, *curve, keeps) for curve, keeps in zip(curves, completed, strict=True)])
    kept = np.isfinite(costs).any(axis=0)
    return grid[kept], np.nanquantile(costs[:, kept], levels, axis=0)


def median_curve(curves: Sequence[Curve], others: int, worst: float) -> Curve:
    """The median over replicates at each step of the longest curve; a run that ended early keeps its last value.

    Args:
        curves: of the runs that completed, at least one, finite somewhere.
        others: how many runs did not complete.
        worst: what these count as, an infinity.

    Returns:
        the steps at which the median is finite: none where half of the runs or more did not complete.
    """
    grid = _longest(curves)
    known = [(steps[np.isfinite(values)], values[np.isfinite(values)]) for steps, values in curves]
    each = [np.interp(grid, steps, values) for steps, values in known]
    median = np.median([*each, *[np.full(len(grid), worst)] * others], axis=0)
    kept = np.isfinite(median)
    return grid[kept], median[kept]


def _longest(curves: Sequence[Curve]) -> NDArray[np.int64]:
    return max((steps for steps, _ in curves), key=lambda steps: int(steps[-1]))


def _on(
    grid: NDArray[np.int64], steps: NDArray[np.int64], cost: NDArray[np.float64], keeps: bool
) -> NDArray[np.float64]:
    if np.array_equal(grid, steps):
        return cost
    return np.interp(grid, steps, cost, right=None if keeps else np.nan)
