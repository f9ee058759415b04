"""What all pictures share: colours, margins, legend, logarithmic axes and the PNG itself.

Figures are made without pyplot, whose state is global, and with margins computed here: matplotlib's layout engines
draw a figure several times, which takes longer than the figure itself.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Literal

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter, NullLocator

from xor_sweep.names import FORBIDDEN

# Okabe and Ito's colours, told apart by colour-blind people too; their yellow is too faint for lines on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES = ("-", "--", ":")

"""The label of an axis of cost."""

WIDTH, HEIGHT = 8.0, 5.0
"""Inches, without the legend."""

LETTERS = 44
"""A longer label in a legend is cut in its middle."""

TITLE_LETTERS = 90
LETTER = 0.068
"""Inches that a letter of a legend takes, a bit more than DejaVu Sans needs at 8 points."""


def new(title: str, labels: Sequence[str] = ()) -> tuple[Figure, Axes]:
    """A figure with room on its right for a legend of these labels, and its axes."""
    legend = 0.6 + LETTER * max(len(short(label)) for label in labels) if labels else 0.0
    figure = Figure(figsize=(WIDTH + legend, HEIGHT), dpi=150)
    FigureCanvasAgg(figure)
    figure.subplots_adjust(left=0.85 / (WIDTH + legend), right=(WIDTH - 0.2) / (WIDTH + legend), bottom=0.11, top=0.92)
    axes = figure.add_subplot()
    axes.set_title(short(title, TITLE_LETTERS), fontsize=11, loc="left")
    axes.grid(alpha=0.3, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def colour(index: int) -> str:
    """The colour of the line of that index; they repeat with other dashes."""
    return COLOURS[index % len(COLOURS)]


def dashes(index: int) -> str:
    """The dashes of the line of that index."""
    return DASHES[index // len(COLOURS) % len(DASHES)]


def legend(axes: Axes, lines: Sequence[Artist], labels: Sequence[str]) -> None:
    """A legend on the right of the axes, in the room that `new` left."""
    axes.legend(
        lines,
        [short(label) for label in labels],
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        borderaxespad=0.0,
        fontsize=8,
        frameon=False,
        handlelength=2.6,
    )


def log_scale(axes: Axes, which: Literal["x", "y"]) -> None:
    """Make an axis with data on it logarithmic, its numbers as people type them: `0.01`, `1e-05`."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    (axes.set_xscale if which == "x" else axes.set_yscale)("log")
    axis.set_major_formatter(PlainLog())
    axis.set_minor_formatter(PlainLog())
    low, high = axis.get_view_interval()
    if high > 1000 * low:
        # Most of the drawing's time, and nobody reads them.
        axis.set_minor_locator(NullLocator())


class PlainLog(LogFormatter):
    """Labels where matplotlib would put them on a logarithmic axis, without typeset powers, which are slow to draw."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """The label of the tick at `x`; empty where there would be too many."""
        return f"{x:g}" if super().__call__(x, pos) else ""


def plain(name: str) -> str:
    """A name with `_` for what the figures' font may lack and for `$`, which would start a formula."""
    return FORBIDDEN.sub("_", name)


def short(label: str, most: int = LETTERS) -> str:
    """The label, cut in its middle where it is longer than `most`."""
    return label if len(label) <= most else f"{label[: most // 2]}…{label[-(most - most // 2 - 1) :]}"


def png(figure: Figure) -> bytes:
    """The figure as a PNG of 150 dots an inch."""
    content = io.BytesIO()
    # A third less time than at the usual level, for a sixth more bytes.
    figure.savefig(content, format="png", pil_kwargs={"compress_level": 3})
    return content.getvalue()
