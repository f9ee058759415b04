"""The axes of pictures: logarithmic ones, and numbers as people type them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import Formatter, LogFormatter, NullLocator

from xor_sweep.summary.labels import numbers


def scale(axes: Axes, which: Literal["x", "y"], log: bool) -> None:
    """Make an axis with data on it logarithmic or linear, its numbers as people type them: `0.01`, `1e-05`."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    if log:
        (axes.set_xscale if which == "x" else axes.set_yscale)("log")
    label(axis, log)
    low, high = axis.get_view_interval()
    if log and high > 1000 * low:
        # Most of the drawing's time, and nobody reads them.
        axis.set_minor_locator(NullLocator())


def label(axis: Axis, log: bool) -> None:
    """Write an axis's numbers as people type them, by its scale."""
    if not log:
        axis.set_major_formatter(Distinct())
        return
    axis.set_major_formatter(PlainLog())
    axis.set_minor_formatter(PlainLog())


class Distinct(Formatter):
    """As few digits as tell the ticks apart, and no offset, which would stand elsewhere."""

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """The labels of all ticks."""
        # Ticks at whole steps are not exact: what should be 0 is 1e-17.
        step = min((after - before for before, after in pairwise(values)), default=0.0)
        return numbers([0.0 if abs(value) < 1e-6 * step else value for value in values])


class PlainLog(LogFormatter):
    """Labels where matplotlib would put them on a logarithmic axis, without typeset powers, which are slow to draw."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """The label of the tick at `x`; empty where there would be too many."""
        return f"{x:g}" if super().__call__(x, pos) else ""
