"""Configurations: the runs that differ in seed or fold alone, and which of them is the best."""

from __future__ import annotations

import math
from collections.abc import Sequence

from xor_sweep.summary.frame import Row, text

REPLICATES = ("seed", "data.fold", "data.seed")
"""Keys whose values are repetitions of one configuration."""


def best_run(table: Sequence[Row], keys: Sequence[str], objective: str, direction: str) -> str | None:
    """The best configuration's run at the median; None where no configuration's median is a run that completed.

    The best configuration has the best median of the objective over its replicates, a run that did not complete
    counting as the worst there is; of an even number of them the better of the two in the middle is the median.

    Args:
        table: the rows of the runs, best first.
        keys: the swept keys among their columns.
        objective, direction: what ranks them.
    """
    varied = [key for key in keys if key not in REPLICATES]
    configurations: dict[tuple[str, ...], list[Row]] = {}
    for row in table:
        configurations.setdefault(tuple(text(row[key]) for key in varied), []).append(row)
    # Rows come best first, so that a configuration's middle row is at its median.
    medians = [rows[(len(rows) - 1) // 2] for rows in configurations.values()]
    sign = -1.0 if direction == "maximize" else 1.0

    def place(row: Row) -> float:
        value = row[objective]
        usable = row["status"] == "completed" and value is not None and math.isfinite(value)
        return sign * value if usable else math.inf

    best = min(medians, key=place, default=None)
    return None if best is None or place(best) == math.inf else str(best["run"])
