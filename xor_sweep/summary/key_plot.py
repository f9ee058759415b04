"""The plot of final cost over one swept number: a point a run, and the median at each value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from xor_sweep.summary import axis
from xor_sweep.summary import figure as fig
from xor_sweep.summary.columns import REPLICATES
from xor_sweep.summary.configurations import losses
from xor_sweep.summary.frame import Row, given, is_numeric
from xor_sweep.summary.labels import counted, key_names, numbers
from xor_sweep.summary.ranking import Cost
from xor_sweep.summary.scale import apart, aside, logarithmic

TICKS = 8
"""Up to so many values each have a tick of their own."""

MOST_MEDIANS = 50
"""Up to so many values each have a median."""

MIDDLE_LETTERS = 20
"""A longer name in the middle of the axis would reach into the legend beside it."""

CROWDED = 100
"""More points stand aside of each other, and are fainter."""


@dataclass(frozen=True)
class KeyPoints:
    """Final cost by a key's value.

    Attributes:
        key: the swept key.
        values, costs: `(runs,)`, a point a run that has both; costs in nats.
        distinct, medians: `(distinct,)`, the values in ascending order and the median of the costs at each, where a run
            that did not complete counts as the worst; NaN where the median is one.
        missing: how many runs have no value.
        unfinished: how many others have no finite final cost.
        lost: `(lost,)`, the values at which no run completed.
        whole: whether all values are whole numbers.
    """

    key: str
    values: NDArray[np.float64]
    costs: NDArray[np.float64]
    distinct: NDArray[np.float64]
    medians: NDArray[np.float64]
    missing: int
    unfinished: int
    lost: NDArray[np.float64]
    whole: bool

    @property
    def logarithmic(self) -> bool:
        """Whether the values read best on a logarithmic axis: wide apart, or chosen evenly by ratio."""
        return logarithmic(self.distinct)

    @property
    def spaced(self) -> bool:
        """Whether the values are few and far enough apart for each to have its own tick."""
        places = np.log10(self.distinct) if self.logarithmic else self.distinct
        return places.size <= TICKS and bool((np.diff(places / 2) >= 0.08 * np.ptp(places / 2)).all())

    @property
    def joined(self) -> bool:
        """Whether a line through the medians says something: not between seeds, nor where values are many."""
        return self.key not in REPLICATES and self.distinct.size <= MOST_MEDIANS

    @property
    def repeated(self) -> bool:
        """Whether some value has several points, whose median is worth a mark, and values are not too many for one."""
        return self.distinct.size <= MOST_MEDIANS and self._shared

    @property
    def _shared(self) -> bool:
        return np.unique(self.values).size < self.values.size

    def aside(self) -> NDArray[np.float64]:
        """The values, moved where points are many so that they do not hide each other: `(runs,)`."""
        if self.values.size <= CROWDED or not self._shared:
            return self.values
        places, of = (np.log10(each) if self.logarithmic else each for each in (self.distinct, self.values))
        # Parts before their differences, which may be past what a float holds.
        room = 2 * min(np.diff(0.3 * places).min(), np.ptp(0.02 * places))
        moved: NDArray[np.float64] = of + room * aside(self.values.size)
        return np.power(10.0, moved) if self.logarithmic else moved


def key_points(table: Sequence[Row], key: str) -> KeyPoints | None:
    """The points of a swept key; None where it is not numeric, has one value, or no run has a finite final cost."""
    if not is_numeric(table, key):
        return None
    having = [row for row in table if given(row[key])]
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
    missing, unfinished = len(table) - len(having), len(having) - int(finite.sum())
    lost = np.setdiff1d(distinct, values[finite])
    return KeyPoints(key, values[finite], costs[finite], distinct, medians, missing, unfinished, lost, whole)


def key_figure(name: str, points: KeyPoints, cost: Cost, keys: Sequence[str]) -> Figure:
    """Final cost over a key's values.

    Args:
        name: what the title calls the sweep.
        points: what to show.
        cost: which it is.
        keys: the swept keys, from which the key's name tells it apart.
    """
    key, count = key_names(keys)[points.key], points.values.size
    figure, axes = fig.new()
    # Clear of the axes' edges, where points would be cut.
    axes.margins(0.04)
    alpha = max(0.12, 0.7 * min(1.0, CROWDED / count) ** 0.5)
    axes.plot(points.aside(), points.costs, "o", color=fig.COLOURS[0], alpha=alpha, markersize=5, markeredgewidth=0)
    shown: dict[str, Line2D] = {}
    if points.joined or points.repeated:
        line, mark = "-" if points.joined else "", "_" if points.repeated else ""
        (median,) = axes.plot(points.distinct, points.medians, linestyle=line, marker=mark, color=fig.COLOURS[1])
        median.set(linewidth=1.6, markersize=13, markeredgewidth=2)
        shown |= {"median at each value": median} if points.repeated else {}
    if points.lost.size:
        top = (points.lost, np.full(points.lost.size, 0.985))
        (lost,) = axes.plot(*top, "x", color="#555555", transform=axes.get_xaxis_transform(), clip_on=False)
        shown["no run completed"] = lost
    if shown:
        # Below the axes, where it covers no point.
        axes.legend(
            list(shown.values()),
            list(shown),
            loc="upper right",
            bbox_to_anchor=(1.0, -0.06),
            ncols=2,
            columnspacing=1.0,
            fontsize=8,
            frameon=False,
        )
    axes.set_xlabel(key, loc="left" if len(shown) > 1 or (shown and len(key) > MIDDLE_LETTERS) else "center")
    axes.set_ylabel(f"final {cost.label}")
    axis.scale(axes, "x", points.logarithmic)
    if points.whole and not points.logarithmic:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if points.spaced:
        axes.set_xticks(points.distinct, numbers(points.distinct.tolist()))
        axes.xaxis.minorticks_off()
    axis.scale(axes, "y", apart(points.costs.min(), points.costs.max()))
    fig.fit(
        figure,
        axes,
        f"{name}: final {cost.part} cost by {key}, {counted(count, points.missing, points.unfinished)}",
    )
    return figure
