"""The pictures of a sweep directory: which there are, written whole, and none left from an earlier summary."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xor_sweep.durable import write_whole
from xor_sweep.results import RunResult
from xor_sweep.runs import SweepPaths
from xor_sweep.summary.cost_plot import cost_figure
from xor_sweep.summary.figure import plain, png
from xor_sweep.summary.frame import Row
from xor_sweep.summary.key_plot import key_figure, key_points


def draw(sweep: SweepPaths, ranked: Sequence[RunResult], table: Sequence[Row], keys: Sequence[str]) -> list[Path]:
    """Write `cost.png` and a plot of final cost for each swept numeric key, and remove those that are out of date.

    Args:
        sweep: the sweep directory.
        ranked: its runs, best first.
        table: their rows, in the same order.
        keys: the swept keys among the rows' columns.

    Returns:
        the files written: cost over steps first, where a run logged its cost, then the keys in their order.
    """
    name = plain(sweep.directory.resolve().name)
    figures = {sweep.cost_plot: cost_figure(sweep, name, ranked, table, keys)}
    for key in keys:
        points = key_points(table, key)
        figures[sweep.key_plot(key)] = key_figure(name, points, table) if points else None
    written = [path for path, figure in figures.items() if figure is not None]
    earlier = {sweep.cost_plot, *sweep.directory.glob(f"{sweep.key_plot('').stem}*.png")}
    for path in earlier - set(written):
        path.unlink(missing_ok=True)
    for path, figure in figures.items():
        if figure is not None:
            write_whole(path, png(figure))
    return written
