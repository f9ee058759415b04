"""The plot of cost over steps: a line a run, or quantiles where lines would be too many."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from xor_sweep.results import RunResult
from xor_sweep.runs import SweepPaths
from xor_sweep.spread import evenly
from xor_sweep.summary import axis
from xor_sweep.summary import figure as fig
from xor_sweep.summary.columns import varied_keys
from xor_sweep.summary.curves import Curve, quantiles, read_curves
from xor_sweep.summary.frame import Row, given, is_numeric, text
from xor_sweep.summary.labels import key_names, plain, run_labels
from xor_sweep.summary.ranking import Cost
from xor_sweep.summary.scale import apart

LINES = 20
"""Up to so many runs have a line each; more are drawn as bands of quantiles."""

CURVES = 500
"""At most so many runs' event files are read."""

POINTS = 200
"""About so many points a curve are read for the bands."""

GROUPS = 10
"""Up to so many values of a key have a band each."""

BAND = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The quantiles of a band: those of the middle 90% and 50%, and the median."""

FULL = 2
"""Up to so many bands show the middle 90% too."""

FAR = 10.0
"""Costs above so many times the ordinary ones leave the picture."""


def cost_figure(
    sweep: SweepPaths, name: str, ranked: Sequence[RunResult], table: Sequence[Row], keys: Sequence[str], cost: Cost
) -> Figure | None:
    """Cost over steps of the runs that did not fail, as far as it is finite; None where none logged any.

    Args:
        sweep: the sweep directory, whose event files are read.
        name: what the title calls it.
        ranked: its runs, best first.
        table: their rows, in the same order.
        keys: the swept keys among the rows' columns.
        cost: which cost they have.
    """
    trained = [result.run for result in ranked if result.status != "failed"]
    many = len(trained) > LINES
    curves = read_curves(sweep, evenly(trained, CURVES), POINTS if many else None)
    if not curves:
        return None
    of = "" if len(curves) == len(trained) else f" of {len(trained):,}"
    runs = f"{len(curves):,}{of} run{'' if len(trained) == 1 else 's'}"
    figure, axes = fig.new()
    if many:
        groups = by_first_key(curves, table, keys)
        full = len(groups) <= FULL
        runs += f", median with the middle 50%{' and 90%' if full else ''}"
        lines = [_band(axes, group, index, full) for index, group in enumerate(groups)]
        labels = [_until(line, group.label, group.diverged) for line, group in zip(lines, groups, strict=True)]
    else:
        shown = [(place, result) for place, result in enumerate(ranked, start=1) if result.run in curves]
        names = run_labels([result.run for _, result in shown])
        lines = [_line(axes, curve, index) for index, curve in enumerate(curves.values())]
        labels = [
            _until(line, f"{place}. {name}{_ending(each)}", each.status == "diverged")
            for line, (place, each), name in zip(lines, shown, names, strict=True)
        ]
    axes.set_xlabel("step")
    axes.set_ylabel(cost.label)
    axes.margins(x=0.01)
    ended = [result.final_cost for result in ranked if result.status == "completed" and result.final_cost is not None]
    top = ceiling(curves.values(), ended)
    gone = sum(bool(np.nanmax(cost) > top) for _, cost in curves.values()) if _limit(axes, top) else 0
    axis.scale(axes, "x", log=False)
    axes.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 2.5, 5, 10], integer=True))
    legend = fig.legend(axes, lines, labels)
    past = f", {gone:,} rise{'s' if gone == 1 else ''} past the top" if gone else ""
    fig.fit(figure, axes, f"{name}: {cost.part} cost of {runs}{past}", legend)
    return figure


def ceiling(curves: Iterable[Curve], ended: Sequence[float]) -> float:
    """The highest cost worth showing: a multiple of the first costs, before any update, and of the usual final one.

    Args:
        curves: finite somewhere.
        ended: the final costs of the runs that completed.
    """
    first = max(float(cost[np.isfinite(cost)][0]) for _, cost in curves)
    return FAR * max(first, statistics.median_low(ended) if ended else first)


def _limit(axes: Axes, top: float) -> bool:
    """Scale the axis of cost to what is drawn on it below the ceiling; whether something is drawn above that."""
    low, high, least = axes.dataLim.y0, axes.dataLim.y1, axes.dataLim.minposy
    # A cost of zero may leave a logarithmic axis, negative ones may not.
    log = low >= 0 and (apart(least, high) if low > 0 else high > 0)
    axis.scale(axes, "y", log)
    if not 0 < top < high:
        return False
    low = min(least, top / FAR) if log else min(low, 0.0)
    axes.set_ylim(low / (top / low) ** 0.05 if log else low, top)
    return True


class Group(NamedTuple):
    """Runs that are drawn as one band.

    Attributes:
        label: what the legend calls them.
        curves: theirs.
        completed: of each, whether it did.
    """

    label: str
    curves: list[Curve]
    completed: list[bool]

    @property
    def diverged(self) -> bool:
        """Whether all of them did."""
        return not any(self.completed)


def by_first_key(curves: Mapping[str, Curve], table: Sequence[Row], keys: Sequence[str]) -> list[Group]:
    """The curves by the first swept key of few values, seeds and folds aside; one group where there is none.

    Numbers stand in ascending order, other values as their best runs rank. A label counts the diverged runs: past its
    last finite cost such a run is no longer in the quantiles.
    """
    drawn = [row for row in table if row["run"] in curves]
    values = {key: list(dict.fromkeys(text(row[key]) for row in drawn)) for key in varied_keys(keys)}
    key = next((key for key, of_key in values.items() if 1 < len(of_key) <= GROUPS), None)
    if key is None:
        trained = sum(row["status"] != "failed" for row in table)
        runs = f"all {trained:,} runs" if len(drawn) == trained else f"{len(drawn):,} of {trained:,} runs"
        return [_group(_counted(runs, drawn), drawn, curves)]
    groups = [[row for row in drawn if text(row[key]) == value] for value in values[key]]
    if is_numeric(table, key):
        groups.sort(key=lambda group: group[0][key] if given(group[0][key]) else math.inf)
    name = key_names(keys)[key]
    shown = (f"{name}={plain(words)}" if words else f"no {name}" for words in (text(group[0][key]) for group in groups))
    labels = (f"{label} ({len(group):,}" for label, group in zip(shown, groups, strict=True))
    return [_group(_counted(label, group) + ")", group, curves) for label, group in zip(labels, groups, strict=True)]


def _group(label: str, rows: Sequence[Row], curves: Mapping[str, Curve]) -> Group:
    return Group(label, [curves[row["run"]] for row in rows], [row["status"] == "completed" for row in rows])


def _counted(label: str, group: Sequence[Row]) -> str:
    diverged = sum(row["status"] == "diverged" for row in group)
    return f"{label}, {diverged:,} diverged" if diverged else label


def _ending(result: RunResult) -> str:
    return " (diverged)" if result.status == "diverged" else ""


def _until(line: Line2D, label: str, diverged: bool) -> str:
    """The label of a line; one of a single point, which is no line, is drawn as that, and says why if it diverged."""
    steps = np.asarray(line.get_xdata())[np.isfinite(np.asarray(line.get_ydata(), dtype=np.float64))]
    if len(steps) != 1:
        return label
    line.set_marker("o")
    line.set_markersize(4)
    return f"{label}, no finite cost past step {steps[0]:,}" if diverged else label


def _line(axes: Axes, curve: Curve, index: int) -> Line2D:
    (line,) = axes.plot(*curve, color=fig.colour(index), linestyle=fig.dashes(index), linewidth=1.4)
    return line


def _band(axes: Axes, group: Group, index: int, full: bool) -> Line2D:
    """The median as a line over the band of the middle 50%, with thin edges; over that of 90% too where it is full."""
    steps, (lowest, low, median, high, highest) = quantiles(group.curves, BAND, group.completed)
    colour = fig.colour(index)
    if full:
        axes.fill_between(steps, lowest, highest, color=colour, alpha=0.12, linewidth=0)
    axes.fill_between(steps, low, high, facecolor=(colour, 0.2), edgecolor=(colour, 0.6), linewidth=0.5)
    return _line(axes, (steps, median), index)
