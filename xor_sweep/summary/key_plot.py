"""The plot of final cost over one swept number: a point a run, and the median at each value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from xor_sweep.summary import figure as fig
from xor_sweep.summary.configurations import losses
from xor_sweep.summary.frame import Row, cost_label, part_of
from xor_sweep.summary.scale import logarithmic

TICKS = 8
"""Up to so many values each have a tick of their own."""


@dataclass(frozen=True)
class KeyPoints:
    """Final cost by a key's value.

    Attributes:
        key: the swept key.
        values, costs: `(runs,)`, a point a run that has both; costs in nats.
        distinct, medians: `(distinct,)`, the values in ascending order and the median of the costs at each, where a run
            that did not complete counts as the worst; NaN where the median is one.
        left_out: how many runs have no finite final cost or no value.
        whole: whether all values are whole numbers.
    """

    key: str
    values: NDArray[np.float64]
    costs: NDArray[np.float64]
    distinct: NDArray[np.float64]
    medians: NDArray[np.float64]
    left_out: int
    whole: bool

    @property
    def logarithmic(self) -> bool:
        """Whether the values read best on a logarithmic axis: wide apart, or chosen evenly by ratio."""
        return logarithmic(self.distinct)

    @property
    def spaced(self) -> bool:
        """Whether the values are few and far enough apart for each to have its own tick."""
        places = np.log10(self.distinct) if self.logarithmic else self.distinct
        return places.size <= TICKS and bool((np.diff(places) >= 0.08 * np.ptp(places)).all())

    @property
    def joined(self) -> bool:
        """Whether a line through the medians says something: not where nearly every run has a value of its own."""
        return self.distinct.size <= 50 or self.values.size >= 2 * self.distinct.size


def key_points(table: Sequence[Row], key: str) -> KeyPoints | None:
    """The points of a swept key; None where it is not numeric, has one value, or no run has a finite final cost."""
    if not is_numeric(table, key):
        return None
    having = [row for row in table if row[key] is not None]
    values = np.array([row[key] for row in having], dtype=np.float64)
    costs = np.array(losses(having, "final_cost", "minimize"))
    finite = np.isfinite(costs)
    distinct = np.unique(values)
    if distinct.size < 2 or not finite.any():
        return None
    order = np.argsort(values, kind="stable")
    groups = np.split(costs[order], np.searchsorted(values[order], distinct[1:]))
    medians = np.array([np.median(group) for group in groups])
    medians[np.isinf(medians)] = np.nan
    whole = all(isinstance(row[key], int) for row in having)
    return KeyPoints(key, values[finite], costs[finite], distinct, medians, len(table) - int(finite.sum()), whole)


def is_numeric(table: Sequence[Row], key: str) -> bool:
    """Whether a key's values are numbers, where a run has one."""
    values = (row[key] for row in table if row[key] is not None)
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def key_figure(name: str, points: KeyPoints, table: Sequence[Row]) -> Figure:
    """Final cost over a key's values.

    Args:
        name: what the title calls the sweep.
        points: what to show.
        table: the rows of the runs, which say what cost it is.
    """
    key, count = fig.plain(points.key), points.values.size
    runs = f"{count:,} run{'' if count == 1 else 's'}"
    missing = f", {points.left_out:,} without a finite cost left out" if points.left_out else ""
    figure, axes = fig.new(f"{name}: final {part_of(table)} cost by {key}, {runs}{missing}")
    # Clear of the axes' edges, where points would be cut.
    axes.margins(0.04)
    alpha = 0.7 if count <= 100 else 0.35
    axes.plot(points.values, points.costs, "o", color=fig.COLOURS[0], alpha=alpha, markersize=5, markeredgewidth=0)
    if points.joined:
        (median,) = axes.plot(points.distinct, points.medians, "-", color=fig.COLOURS[1], linewidth=1.6)
        if points.distinct.size < count:
            # Below the axes, where it covers no point.
            axes.legend(
                [median],
                ["median at each value"],
                loc="upper right",
                bbox_to_anchor=(1.0, -0.055),
                fontsize=8,
                frameon=False,
            )
    axes.set_xlabel(key)
    axes.set_ylabel(f"final {cost_label(table)}")
    if points.logarithmic:
        fig.log_scale(axes, "x")
    elif points.whole:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if points.spaced:
        axes.set_xticks(points.distinct, [f"{value:g}" for value in points.distinct])
        axes.xaxis.minorticks_off()
    if (points.costs > 0).all():
        fig.log_scale(axes, "y")
    return figure
