"""The heat map of two swept numbers: a cell a pair of values, coloured by the median of the final cost there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axis import Axis
from matplotlib.colors import Colormap, LogNorm, Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from xor_sweep.summary import axis
from xor_sweep.summary import figure as fig
from xor_sweep.summary.configurations import losses
from xor_sweep.summary.frame import Row, given, is_numeric
from xor_sweep.summary.labels import counted, key_names, number, numbers
from xor_sweep.summary.ranking import Cost

MOST = 30
"""A key with more values has no row or column for each."""

WRITTEN = 8
"""Up to so many values a side the numbers stand in the cells."""

CROSS = "\N{MULTIPLICATION SIGN}"

WIDE = 100.0
"""Costs that span such a ratio have logarithmic colours."""

SAME = 1e-3
"""The colours span at least such a part of the cost: what is read as equal looks equal."""


@dataclass(frozen=True)
class Cells:
    """Medians of the final cost by the values of two keys.

    Attributes:
        first, second: the keys.
        columns, rows: their values, in ascending order.
        medians: `(rows, columns)`: in nats where there are classes; infinite where half of the runs did not complete,
            NaN where there is no run.
        runs: how many there are in all.
        missing: how many others have no value of one of the keys.
    """

    first: str
    second: str
    columns: tuple[float, ...]
    rows: tuple[float, ...]
    medians: NDArray[np.float64]
    runs: int
    missing: int


def cells(table: Sequence[Row], first: str, second: str) -> Cells | None:
    """The cells of two keys; None where one is not numeric or has one value or many, or nothing finite would show."""
    if not (is_numeric(table, first) and is_numeric(table, second)):
        return None
    both = [row for row in table if given(row[first]) and given(row[second])]
    columns, rows = (tuple(sorted({row[key] for row in both})) for key in (first, second))
    if not (1 < len(columns) <= MOST and 1 < len(rows) <= MOST):
        return None
    found: dict[tuple[int, int], list[float]] = {}
    for row, cost in zip(both, losses(both, "final_cost", "minimize"), strict=True):
        found.setdefault((rows.index(row[second]), columns.index(row[first])), []).append(cost)
    medians = np.full((len(rows), len(columns)), np.nan)
    for place, costs in found.items():
        medians[place] = np.median(costs)
    found_any = bool(np.isfinite(medians).any())
    return Cells(first, second, columns, rows, medians, len(both), len(table) - len(both)) if found_any else None


def heat_figure(name: str, shown: Cells, cost: Cost, keys: Sequence[str]) -> Figure:
    """The heat map of two keys, the lowest cost the darkest; a cross where half of the runs did not complete.

    Args:
        name: what the title calls the sweep.
        shown: the cells.
        cost: which it is.
        keys: the swept keys, from which the keys' names tell them apart.
    """
    first, second = (key_names(keys)[key] for key in (shown.first, shown.second))
    crossed = f", {CROSS} where half did not complete" if np.isinf(shown.medians).any() else ""
    runs = counted(shown.runs, shown.missing)
    title = f"{name}: median final {cost.part} cost by {first} and {second}, {runs}{crossed}"
    figure, axes = fig.new()
    axes.grid(visible=False)
    finite = np.ma.masked_invalid(shown.medians)
    norm = colours_of(float(finite.min()), float(finite.max()))
    log = isinstance(norm, LogNorm)
    # Viridis is told apart by colour-blind people, and in grey.
    image = axes.imshow(finite, origin="lower", aspect="auto", cmap="viridis", norm=norm)
    beside = figure.add_axes((0.96, 0.11, 0.02, 0.8))
    bar = figure.colorbar(image, cax=beside)
    bar.set_label(f"median final {cost.label}")
    axis.label(bar.ax.yaxis, log)
    axes.set_xlabel(first)
    axes.set_ylabel(second)
    across, upwards = numbers(shown.columns), numbers(shown.rows)
    _ticks(axes.yaxis, upwards, axes.bbox.height, 0.18)
    fig.fit(figure, axes, title, beside)
    _ticks(axes.xaxis, across, axes.bbox.width, 0.1 + max(fig.text_width(label, 10) for label in across))
    digits = 3 if log else _digits(float(norm.vmin or 0), float(norm.vmax or 0))
    few = len(shown.columns) <= WRITTEN and len(shown.rows) <= WRITTEN
    for (row, column), median in np.ndenumerate(shown.medians):
        if np.isinf(median):
            axes.text(column, row, CROSS, ha="center", va="center", fontsize=10, color="#555555")
        elif few and np.isfinite(median):
            colour = _readable(image.cmap, float(norm(median)))
            written = number(float(median), digits)
            axes.text(column, row, written, ha="center", va="center", fontsize=8, color=colour)
    return figure


def colours_of(low: float, high: float) -> Normalize:
    """Colours for costs from `low` to `high`: logarithmic where these are far apart, equal for equal costs."""
    if low > 0 and high >= WIDE * low:
        return LogNorm(low, high)
    middle = (low + high) / 2
    half = max((high - low) / 2, SAME / 2 * abs(middle)) or 1.0
    return Normalize(middle - half, middle + half)


def _digits(low: float, high: float) -> int:
    """How many digits tell costs of that range apart as far as their colours do."""
    return int(np.clip(2 - math.floor(math.log10((high - low) / max(abs(low), abs(high)))), 3, 5))


def _ticks(of: Axis, labels: Sequence[str], length: float, inches: float) -> None:
    """Ticks for a side's values, only each so many-th where their labels need the room.

    Args:
        of: the side.
        labels: a value's each.
        length: the side's, in dots.
        inches: what a label takes of it.
    """
    step = math.ceil(inches * fig.DPI * len(labels) / length)
    of.set_ticks(range(0, len(labels), step), labels[::step])


def _readable(colours: Colormap, place: float) -> str:
    """Black or white, whichever is read on a colour: by its luminance."""
    red, green, blue, _ = colours(place)
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"
