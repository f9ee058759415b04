"""The pictures of a sweep directory: which there are, written whole, and none left from an earlier summary."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, islice
from pathlib import Path

from xor_sweep.durable import write_whole
from xor_sweep.results import RunResult
from xor_sweep.runs import SweepPaths
from xor_sweep.summary.columns import varied_keys
from xor_sweep.summary.cost_plot import cost_figure
from xor_sweep.summary.figure import png
from xor_sweep.summary.frame import Row
from xor_sweep.summary.heat_map import cells, heat_figure
from xor_sweep.summary.key_plot import key_figure, key_points
from xor_sweep.summary.labels import NAME_LETTERS, plain, short
from xor_sweep.summary.ranking import Cost

MAPS = 3
"""Heat maps at most, of the first keys."""


def draw(
    sweep: SweepPaths, ranked: Sequence[RunResult], table: Sequence[Row], keys: Sequence[str], cost: Cost
) -> list[Path]:
    """Write `cost.png`, final cost over each swept number and over pairs of them, and remove what is out of date.

    Args:
        sweep: the sweep directory.
        ranked: its runs, best first.
        table: their rows, in the same order.
        keys: the swept keys among the rows' columns.
        cost: which cost they have.

    Returns:
        the files written: cost over steps first, where a run logged its cost, then the keys in their order,
        then pairs of keys.
    """
    name = short(plain(sweep.directory.resolve().name), NAME_LETTERS)
    figures = {sweep.cost_plot: cost_figure(sweep, name, ranked, table, keys, cost)}
    for key in keys:
        points = key_points(table, key)
        figures[sweep.key_plot(key)] = key_figure(name, points, cost, keys) if points else None
    numbers = [key for key in varied_keys(keys) if figures[sweep.key_plot(key)] is not None]
    for first, second in islice(combinations(numbers, 2), MAPS):
        shown = cells(table, first, second)
        figures[sweep.pair_plot(first, second)] = heat_figure(name, shown, cost, keys) if shown else None
    written = [path for path, figure in figures.items() if figure is not None]
    for path in sweep.plots() - set(written):
        path.unlink(missing_ok=True)
    for path, figure in figures.items():
        if figure is not None:
            write_whole(path, png(figure))
    return written
