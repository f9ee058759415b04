"""The heat map of two swept numbers: a cell a pair of values, coloured by the median of the final cost there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.colors import Colormap, LogNorm, Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from xor_sweep.summary import figure as fig
from xor_sweep.summary.configurations import losses
from xor_sweep.summary.frame import Row, cost_label, part_of, text
from xor_sweep.summary.key_plot import is_numeric

MOST = 30
"""A key with more values has no row or column for each."""

WRITTEN = 8
"""Up to so many values a side the numbers stand in the cells."""

BAR_LETTERS = 12
"""Room on the right, for the bar of colours and its numbers."""

CROSS = "\N{MULTIPLICATION SIGN}"

WIDE = 100.0
"""Costs that span such a ratio have logarithmic colours."""


@dataclass(frozen=True)
class Cells:
    """Medians of the final cost by the values of two keys.

    Attributes:
        first, second: the keys.
        columns, rows: their values, in ascending order.
        medians: `(rows, columns)`: in nats where there are classes; infinite where half of the runs did not complete,
            NaN where there is no run.
        runs: how many there are in all.
    """

    first: str
    second: str
    columns: tuple[float, ...]
    rows: tuple[float, ...]
    medians: NDArray[np.float64]
    runs: int


def cells(table: Sequence[Row], first: str, second: str) -> Cells | None:
    """The cells of two keys; None where one is not numeric or has one value or many, or nothing finite would show."""
    if not (is_numeric(table, first) and is_numeric(table, second)):
        return None
    both = [row for row in table if None not in (row[first], row[second])]
    columns, rows = (tuple(sorted({row[key] for row in both})) for key in (first, second))
    if not (1 < len(columns) <= MOST and 1 < len(rows) <= MOST):
        return None
    found: dict[tuple[int, int], list[float]] = {}
    for row, cost in zip(both, losses(both, "final_cost", "minimize"), strict=True):
        found.setdefault((rows.index(row[second]), columns.index(row[first])), []).append(cost)
    medians = np.full((len(rows), len(columns)), np.nan)
    for place, costs in found.items():
        medians[place] = np.median(costs)
    return Cells(first, second, columns, rows, medians, len(both)) if np.isfinite(medians).any() else None


def heat_figure(name: str, shown: Cells, table: Sequence[Row]) -> Figure:
    """The heat map of two keys, the lowest cost the darkest; a cross where half of the runs did not complete.

    Args:
        name: what the title calls the sweep.
        shown: the cells.
        table: the rows of the runs, which say what cost it is.
    """
    first, second = fig.plain(shown.first), fig.plain(shown.second)
    runs = f"{shown.runs:,} run{'' if shown.runs == 1 else 's'}"
    crossed = f", {CROSS} where half did not complete" if np.isinf(shown.medians).any() else ""
    title = f"{name}: median final {part_of(table)} cost by {first} and {second}, {runs}{crossed}"
    figure, axes = fig.new(title, [" " * BAR_LETTERS])
    axes.grid(visible=False)
    finite = np.ma.masked_invalid(shown.medians)
    low, high = float(finite.min()), float(finite.max())
    spread = low > 0 and high >= WIDE * low
    norm = LogNorm(low, high) if spread else Normalize(low, high if high > low else low + 1)
    # Viridis is told apart by colour-blind people, and in grey.
    image = axes.imshow(finite, origin="lower", aspect="auto", cmap="viridis", norm=norm)
    right, height = axes.get_position().x1, axes.get_position().height
    beside = figure.add_axes((right + 0.012, axes.get_position().y0, 0.02, height))
    bar = figure.colorbar(image, cax=beside)
    bar.set_label(f"median final {cost_label(table)}")
    if spread:
        bar.ax.yaxis.set_major_formatter(fig.PlainLog())
        bar.ax.yaxis.set_minor_formatter(fig.PlainLog())
    for values, ticks, labels in (
        (shown.columns, axes.set_xticks, axes.set_xticklabels),
        (shown.rows, axes.set_yticks, axes.set_yticklabels),
    ):
        step = math.ceil(len(values) / 15)
        ticks(range(0, len(values), step))
        labels([text(value) for value in values[::step]])
    axes.set_xlabel(first)
    axes.set_ylabel(second)
    few = len(shown.columns) <= WRITTEN and len(shown.rows) <= WRITTEN
    for (row, column), median in np.ndenumerate(shown.medians):
        if np.isinf(median):
            axes.text(column, row, CROSS, ha="center", va="center", fontsize=10, color="#555555")
        elif few and np.isfinite(median):
            colour = _readable(image.cmap, float(norm(median)))
            axes.text(column, row, f"{median:.3g}", ha="center", va="center", fontsize=8, color=colour)
    return figure


def _readable(colours: Colormap, place: float) -> str:
    """Black or white, whichever is read on a colour: by its luminance."""
    red, green, blue, _ = colours(place)
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"
