"""What all pictures share: colours, margins, title, legend and the PNG itself.

Figures are made without pyplot, whose state is global, and with margins computed here: matplotlib's layout engines
draw a figure several times, which takes longer than the figure itself.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.legend import Legend

# Okabe and Ito's colours, told apart by colour-blind people too; their yellow is too faint for lines on white. Ordered
# such that neighbours are far apart with deuteranopia, where green is like pink and vermilion like orange.
COLOURS = ("#0072B2", "#D55E00", "#000000", "#CC79A7", "#56B4E9", "#E69F00", "#009E73")

DASHES = ("-", "--", ":", "-.")
"""As many as have no divisor in common with the number of colours: each line has a pair of its own up to 28."""

WIDTH, HEIGHT, DPI = 8.0, 5.0, 150
"""Inches, without what stands on the right of the axes, and dots an inch."""

BOTTOM, EDGE, RIGHT = 0.55, 0.1, 0.3
"""Inches below the axes, at the canvas's edges, and on the right of the axes."""

TITLE, LINE, ABOVE = 11, 0.19, 0.2
"""Points of the title's letters, inches a line of it takes, and inches around them."""


def new() -> tuple[Figure, Axes]:
    """A figure and its axes, to be drawn on and then fitted."""
    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI)
    FigureCanvasAgg(figure)
    figure.subplots_adjust(left=0.1, right=1 - RIGHT / WIDTH, bottom=BOTTOM / HEIGHT, top=0.92)
    axes = figure.add_subplot()
    axes.grid(alpha=0.3, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def fit(figure: Figure, axes: Axes, title: str, beside: Legend | Axes | None = None) -> None:
    """Give the axes' numbers and label, the title, and a legend or a bar of colours on the right the room they take.

    Args:
        figure: the figure, all but its title drawn.
        axes: its axes.
        title: wrapped to the figure's width.
        beside: what stands on the right, which makes the figure wider.
    """
    for _ in range(2):  # A title of more lines makes the axes lower, which may change their numbers.
        renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
        labels = axes.yaxis.get_tightbbox(renderer)
        left = EDGE + (0.0 if labels is None else (axes.bbox.x0 - labels.x0) / DPI)
        taken = None if beside is None else beside.get_tightbbox(renderer)
        width = WIDTH + (0.0 if taken is None else taken.width / DPI + EDGE)
        lines = wrapped(title, width - left - EDGE)
        top = HEIGHT - ABOVE - LINE * len(lines)
        figure.set_size_inches(width, HEIGHT)
        right = WIDTH - RIGHT
        axes.set_position((left / width, BOTTOM / HEIGHT, (right - left) / width, (top - BOTTOM) / HEIGHT))
        if isinstance(beside, Axes):
            beside.set_position(((right + EDGE) / width, BOTTOM / HEIGHT, 0.2 / width, (top - BOTTOM) / HEIGHT))
        axes.set_title("\n".join(lines), fontsize=TITLE, loc="left")


def wrapped(title: str, inches: float) -> list[str]:
    """The title's words on lines of at most that width; a word that is wider stands alone."""
    lines: list[str] = []
    for word in title.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, TITLE) <= inches:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def text_width(text: str, points: float) -> float:
    """The width in inches of a text in letters of so many points."""
    renderer: Any = RendererAgg(1, 1, DPI)  # type: ignore[no-untyped-call]
    font = FontProperties(size=points)
    return float(renderer.get_text_width_height_descent(text, font, ismath=False)[0]) / DPI


def colour(index: int) -> str:
    """The colour of the line of that index."""
    return COLOURS[index % len(COLOURS)]


def dashes(index: int) -> str:
    """The dashes of the line of that index."""
    return DASHES[index % len(DASHES)]


def legend(axes: Axes, lines: Sequence[Artist], labels: Sequence[str]) -> Legend:
    """A legend on the right of the axes."""
    return axes.legend(
        lines,
        labels,
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        borderaxespad=0.0,
        fontsize=8,
        frameon=False,
        handlelength=3.0,
    )


def png(figure: Figure) -> bytes:
    """The figure as a PNG of 150 dots an inch."""
    content = io.BytesIO()
    # A third less time than at the usual level, for a sixth more bytes.
    figure.savefig(content, format="png", pil_kwargs={"compress_level": 3})
    return content.getvalue()
