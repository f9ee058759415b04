"""What TensorBoard shows of the comparison: HParams, Custom Scalars, and the summary under Text.

It stands in event files of its own, made of the results, so that training writes nothing that a later run of the
same configuration would change, and sweeps of earlier releases get it with their next summary.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from xor_sweep.amounts import number
from xor_sweep.logs.append import event_files, put_comparison
from xor_sweep.logs.plugins import Session, session_events, sweep_events
from xor_sweep.runs import SweepPaths
from xor_sweep.summary.columns import varied_keys
from xor_sweep.summary.configurations import Configuration
from xor_sweep.summary.curves import median_curve, read_curves
from xor_sweep.summary.frame import Row, text
from xor_sweep.summary.labels import run_labels
from xor_sweep.summary.markdown import as_markdown
from xor_sweep.summary.ranking import sign_of
from xor_sweep.tags import ACCURACIES, COSTS, MEDIANS, RANKED

if TYPE_CHECKING:
    from xor_sweep.summary import Summary

METRICS = ("final_cost", "best_cost", "final_accuracy")
"""Results that are metrics of HParams."""

RESULT, MEDIAN = "result/{}", "result/all_seeds_median_{}"
"""The tags of a run's results and of its configuration's median.

TensorBoard opens the first two categories of tags and ticks the first five metrics, by their names: so these come after
cost and accuracy, and the median before the others.
"""

CHARTS = {"Training and validation": {"cost": COSTS, "accuracy": ACCURACIES}}
"""Custom Scalars: category, chart, tags."""

PAGE, ROWS = "summary", 100
"""The tag of the page under Text, and at most so many rows of each of its tables."""

PLACES, NAME, WHOLE = 5, 20, 60
"""Configurations that have a card of their own, characters for a name beside its number, and of a name at most."""

POINTS = 100
"""About so many points of each run are read for a card."""


def show_in_tensorboard(
    sweep: SweepPaths, table: Sequence[Row], summary: Summary, test: Mapping[str, Any] | None
) -> None:
    """Write an event file into each run's directory and one at the sweep's root; none where runs log nothing.

    Args:
        sweep: where the runs are; those whose directory is a link are passed over.
        table: their rows, best first, one ranking after the other.
        summary: what they say together.
        test: what the best configuration's model is worth on the test part.

    Raises:
        OSError: where one cannot be written.
    """
    own = {paths.name: paths.directory for paths in sweep.runs()}
    rows = [row for row in table if row["run"] in own]
    ranked = {result.run for result in summary.ranked}
    if not any(event_files(own[row["run"]]) for row in rows):
        return
    name = sweep.directory.resolve().name
    for row, session in zip(rows, sessions(name, rows, summary), strict=True):
        put_comparison(own[row["run"]], session_events(session))
    page = as_markdown(name, table, summary, test, most=ROWS, pictures=False)
    moment = max(map(_started, rows))
    last = max((row["steps"] for row in rows if row["run"] in ranked), default=0)
    put_comparison(sweep.directory, sweep_events(moment, CHARTS, page, PAGE, cards(sweep, summary, last)))


def cards(sweep: SweepPaths, summary: Summary, last: int) -> dict[str, list[tuple[int, float]]]:
    """A curve of each of the best configurations, by a tag that says the place, the configuration and the number.

    It is the median over all replicates at each step, and ends in the median that ranks them.

    Args:
        sweep: the sweep directory, whose event files are read.
        summary: whose configurations they are.
        last: the step at which the curves end.
    """
    start = MEDIANS if summary.replicated else RANKED
    best = [each for each in summary.configurations[:PLACES] if each.median is not None]
    names = run_labels([each.name for each in best], NAME, WHOLE)
    return {
        f"{start}{place} {name}: {number(each.median)}": _curve(sweep, summary, each, last)
        for place, (each, name) in enumerate(zip(best, names, strict=True), 1)
    }


def _curve(sweep: SweepPaths, summary: Summary, of: Configuration, last: int) -> list[tuple[int, float]]:
    assert of.median is not None
    median = of.median
    tags = ACCURACIES if summary.objective == "final_accuracy" else COSTS
    curves = [*read_curves(sweep, of.runs[: of.completed], POINTS, tags).values()]
    if not curves:
        return [(last, median)]
    if summary.objective == "best_cost":
        curves = [(steps, np.fmin.accumulate(costs)) for steps, costs in curves]
    steps, values = median_curve(curves, of.n - of.completed, math.inf * sign_of(summary.direction))
    before = steps < last
    return [*zip(steps[before].tolist(), values[before].tolist(), strict=True), (last, median)]


def sessions(name: str, rows: Sequence[Row], summary: Summary) -> list[Session]:
    """The runs as HParams shows them, in the order of the rows.

    Replicates are one group, named after what they share, whose row has the value that its first session has: so seeds
    are no column there. Where nothing but seeds was swept each run is a group, and the seed a column. Runs of another
    ranking than the first have no metrics.

    Args:
        name: the sweep's, without which runs of two sweeps would be one group.
        rows: of the runs.
        summary: what they say together.
    """
    varied = varied_keys(summary.keys)
    keys = varied or list(summary.keys)
    kinds = {key: _kind(row[key] for row in rows) for key in keys}
    of_run = {run: (each, of) for of in summary.rankings for each in of.configurations for run in each.runs}
    return [_session(name, row, kinds, *of_run[row["run"]], summary, alone=not varied) for row in rows]


def _session(
    name: str,
    row: Row,
    kinds: Mapping[str, type],
    group: Configuration,
    ranking: Summary,
    first: Summary,
    *,
    alone: bool,
) -> Session:
    metrics = {RESULT.format(metric): row[metric] for metric in METRICS}
    metrics[MEDIAN.format(ranking.objective)] = group.median
    if ranking is not first:  # one column of numbers that cannot be compared would rank them
        name, metrics = f"{name}/{ranking.label}", {}
    started = _started(row)
    own = alone or group.n == 1
    return Session(
        group=f"{name}/{row['run'] if own else group.name}",
        hparams={key: _as(kind, row[key]) for key, kind in kinds.items() if row[key] is not None},
        metrics={tag: value for tag, value in metrics.items() if value is not None and math.isfinite(value)},
        started=started,
        ended=started + (row["wall_s"] if row["program_s"] is None else row["program_s"]),
        success=row["status"] == "completed",
        step=row["steps"],
    )


def _kind(values: Any) -> type:
    """The one type of a key's values: numbers, switches, or else texts."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return bool
    return float if kinds and kinds <= {int, float} else str


def _as(kind: type, value: Any) -> float | bool | str:
    return text(value) if kind is str else kind(value)


def _started(row: Row) -> float:
    """When a run started, in seconds since 1970; 0 where its result does not say it as it should."""
    try:
        return datetime.fromisoformat(row["started_at"]).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0
