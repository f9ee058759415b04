"""The plot of cost over steps: a line a run, or quantiles where lines would be too many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from xor_sweep.results import RunResult
from xor_sweep.runs import SweepPaths
from xor_sweep.summary import figure as fig
from xor_sweep.summary.columns import varied_keys
from xor_sweep.summary.curves import Curve, quantiles, read_curves, spread
from xor_sweep.summary.frame import Row, cost_label, part_of, text
from xor_sweep.summary.key_plot import is_numeric

LINES = 20
"""Up to so many runs have a line each; more are drawn as bands of quantiles."""

CURVES = 500
"""At most so many runs' event files are read."""

POINTS = 200
"""About so many points a curve are read for the bands."""

GROUPS = 10
"""Up to so many values of a key have a band each."""


def cost_figure(
    sweep: SweepPaths, name: str, ranked: Sequence[RunResult], table: Sequence[Row], keys: Sequence[str]
) -> Figure | None:
    """Cost over steps of the runs that did not fail, as far as it is finite; None where none logged any.

    Args:
        sweep: the sweep directory, whose event files are read.
        name: what the title calls it.
        ranked: its runs, best first.
        table: their rows, in the same order.
        keys: the swept keys among the rows' columns.
    """
    trained = [result.run for result in ranked if result.status != "failed"]
    many = len(trained) > LINES
    curves = read_curves(sweep, spread(trained, CURVES), POINTS if many else None)
    if not curves:
        return None
    of = "" if len(curves) == len(trained) else f" of {len(trained):,}"
    runs = f"{len(curves):,}{of} run{'' if len(trained) == 1 else 's'}"
    if many:
        groups = by_first_key(curves, table, keys)
        figure, axes = fig.new(
            f"{name}: {part_of(table)} cost of {runs}, median with the middle 50% and 90%", list(groups)
        )
        lines = [_band(axes, group, index, faint=len(groups) > 3) for index, group in enumerate(groups.values())]
        labels = list(groups)
    else:
        labels = [_label(place, result) for place, result in enumerate(ranked, start=1) if result.run in curves]
        figure, axes = fig.new(f"{name}: {part_of(table)} cost of {runs}", labels)
        lines = [_line(axes, curve, index) for index, curve in enumerate(curves.values())]
    axes.set_xlabel("step")
    axes.set_ylabel(cost_label(table))
    axes.margins(x=0.01)
    if any((cost > 0).any() for _, cost in curves.values()):
        fig.log_scale(axes, "y")
    fig.legend(axes, lines, labels)
    return figure


def by_first_key(curves: Mapping[str, Curve], table: Sequence[Row], keys: Sequence[str]) -> dict[str, list[Curve]]:
    """The curves by the first swept key of few values, seeds and folds aside; one group where there is none.

    Numbers stand in ascending order, other values as their best runs rank. A label counts the diverged runs: past its
    last finite cost a run is no longer in the quantiles.
    """
    drawn = [row for row in table if row["run"] in curves]
    values = {key: list(dict.fromkeys(text(row[key]) for row in drawn)) for key in varied_keys(keys)}
    key = next((key for key, of_key in values.items() if 1 < len(of_key) <= GROUPS), None)
    if key is None:
        return {_counted(f"all {len(drawn):,} runs", drawn): list(curves.values())}
    groups = [[row for row in drawn if text(row[key]) == value] for value in values[key]]
    if is_numeric(table, key):
        groups.sort(key=lambda group: (group[0][key] is None, group[0][key]))
    named = (fig.plain(f"{key}={text(group[0][key])}") for group in groups)
    labels = [_counted(f"{name} ({len(group):,}", group) + ")" for name, group in zip(named, groups, strict=True)]
    return {label: [curves[row["run"]] for row in group] for label, group in zip(labels, groups, strict=True)}


def _counted(label: str, group: Sequence[Row]) -> str:
    diverged = sum(row["status"] == "diverged" for row in group)
    return f"{label}, {diverged:,} diverged" if diverged else label


def _label(place: int, result: RunResult) -> str:
    ending = " (diverged)" if result.status == "diverged" else ""
    return fig.short(f"{place}. {fig.plain(result.run)}", fig.LETTERS - len(ending)) + ending


def _line(axes: Axes, curve: Curve, index: int) -> Line2D:
    (line,) = axes.plot(*curve, color=fig.colour(index), linestyle=fig.dashes(index), linewidth=1.4)
    return line


def _band(axes: Axes, group: Sequence[Curve], index: int, faint: bool) -> Line2D:
    """The median as a line over two bands of quantiles; faint ones where many lie over each other."""
    steps, (lowest, low, median, high, highest) = quantiles(group, (0.05, 0.25, 0.5, 0.75, 0.95))
    outer, inner = (0.05, 0.16) if faint else (0.12, 0.25)
    axes.fill_between(steps, lowest, highest, color=fig.colour(index), alpha=outer, linewidth=0)
    axes.fill_between(steps, low, high, color=fig.colour(index), alpha=inner, linewidth=0)
    return _line(axes, (steps, median), index)
