"""Configurations: the runs that differ in seed or fold alone, what they say together, and which of them is the best."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from xor_sweep.summary.columns import REPLICATES, varied_keys
from xor_sweep.summary.eligible import bar_of
from xor_sweep.summary.frame import Row, text
from xor_sweep.summary.median_interval import median_interval
from xor_sweep.summary.ranking import loss, sign_of
from xor_sweep.summary.replicates import Origin, Unswept, variants


@dataclass(frozen=True)
class Configuration:
    """The replicates of one configuration. Numbers are of the objective, None where they are not finite.

    In the median and its interval a run that did not complete counts as worse than any that did; mean, standard
    deviation, best and worst are of the completed runs.

    Attributes:
        values: by swept key, apart from those of `REPLICATES`.
        runs: the names of the replicates, best first.
        n: how many there are.
        completed: how many of them completed.
        solved: the share whose accuracy reaches the target; None of a regression.
        median: the mean of the two in the middle, of an even number.
        low, high: 95% interval of the median, of fewer than six runs their range; None of a single run.
        mean, std: the standard deviation is that of a sample, None of a single run.
        best, worst: the extremes.
        run: the replicate at the median, of an even number the better of the two; None where that did not complete.
        variant: where others have the same values of the swept keys, as after a configuration file or the data was
            edited, digits that tell it from them; otherwise empty.
        eligible: whether it has enough runs, beside those of the others, to be called the best.
        place: its rank from 1 on; configurations whose runs are all equal share one.
    """

    values: Mapping[str, Any]
    runs: tuple[str, ...]
    n: int
    completed: int
    solved: float | None
    median: float | None
    low: float | None
    high: float | None
    mean: float | None
    std: float | None
    best: float | None
    worst: float | None
    run: str | None
    variant: str = ""
    eligible: bool = True
    place: int = 0

    @property
    def name(self) -> str:
        """What its replicates share of their names: `lr=0.1,optimizer=adam`; `all` where no key tells them apart.

        A key that its runs do not have is not in it.
        """
        values = ",".join(f"{key}={text(value)}" for key, value in self.values.items() if value is not None) or "all"
        return f"{values}~{self.variant}" if self.variant else values


def configurations(
    table: Sequence[Row],
    keys: Sequence[str],
    objective: str,
    direction: str,
    target: float,
    unswept: Unswept,
) -> tuple[Configuration, ...]:
    """The configurations, by their medians, best first; ties by the runs in the middle, then by all from the best on.

    Those with too few runs to be called the best come after those that have enough, and those without a median last.

    Args:
        table: the rows of the runs, best first.
        keys: the swept keys among their columns.
        objective, direction: what ranks them.
        target: the accuracy from which on a run counts as solved.
        unswept: what tells runs of equal swept keys apart.
    """
    varied = varied_keys(keys)
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in table:
        groups.setdefault(_values(row, varied), []).append(row)
    # Of a regression no run has an accuracy; of classes one that diverged has none, and is not solved.
    accuracy = target if any(row["final_accuracy"] is not None for row in table) else None
    replicate = [key for key in keys if key in REPLICATES]

    def origin(row: Row) -> Origin:
        return Origin(row["run"], row["started_at"], row["identity"], _values(row, replicate), row["batch_order"])

    made = [
        _configuration(rows, varied, objective, direction, accuracy, variant)
        for group in groups.values()
        for variant, rows in variants(group, origin, unswept)
    ]
    bar = bar_of(made)
    found = [replace(each, eligible=bar.clears(each.n)) for each in made]
    of_run = dict(zip((row["run"] for row in table), losses(table, objective, direction), strict=True))
    sign = sign_of(direction)

    def order(each: Configuration) -> tuple[bool, bool, float, float, list[float]]:
        middle = math.inf if each.run is None else of_run[each.run]
        median = math.inf if each.median is None else sign * each.median
        return each.median is None, not each.eligible, median, middle, [of_run[run] for run in each.runs]

    ordered = sorted(found, key=order)
    firsts = {repr(order(each)): place for place, each in reversed([*enumerate(ordered, start=1)])}
    return tuple(replace(each, place=firsts[repr(order(each))]) for each in ordered)


def _values(row: Row, keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(text(row[key]) for key in keys)


def losses(rows: Iterable[Row], objective: str, direction: str) -> list[float]:
    """What ranks runs, the smaller the better; infinite where a run did not complete."""
    return [loss(row["status"], row[objective], direction) for row in rows]


def _configuration(
    rows: Sequence[Row], varied: Sequence[str], objective: str, direction: str, target: float | None, variant: str
) -> Configuration:
    sign = sign_of(direction)
    ordered = losses(rows, objective, direction)  # best first, as rows are
    finite = [loss for loss in ordered if math.isfinite(loss)]
    solved = [row["final_accuracy"] is not None and row["final_accuracy"] >= (target or 0) for row in rows]
    middle = (len(rows) - 1) // 2
    # Ends of the interval turn round with the sign.
    ends = sorted(sign * end for end in median_interval(ordered)) if len(rows) > 1 else (math.nan, math.nan)
    return Configuration(
        values={key: rows[0][key] for key in varied},
        runs=tuple(row["run"] for row in rows),
        n=len(rows),
        completed=sum(row["status"] == "completed" for row in rows),
        solved=None if target is None else sum(solved) / len(rows),
        median=_finite(sign * statistics.median(ordered)),
        low=_finite(ends[0]),
        high=_finite(ends[1]),
        mean=sign * statistics.fmean(finite) if finite else None,
        std=statistics.stdev(finite) if len(finite) > 1 else None,
        best=sign * finite[0] if finite else None,
        worst=sign * finite[-1] if finite else None,
        run=rows[middle]["run"] if math.isfinite(ordered[middle]) else None,
        variant=variant,
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
