"""What each swept key does: the best of its values, and how much the key matters."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from xor_sweep.summary.columns import varied_keys
from xor_sweep.summary.configurations import losses
from xor_sweep.summary.eligible import Bar
from xor_sweep.summary.frame import Row, is_number, text
from xor_sweep.summary.importance import Importance, by_size

MANY = 20
"""Of more values than this a numeric key has a range of good values, and no best one."""

BEST_SHARE, BEST_LEAST = 0.1, 5
"""That range holds the values of the best tenth of the runs, or of the best five."""


@dataclass(frozen=True)
class Effect:
    """What a swept key does.

    Attributes:
        key: the key.
        values: how many values it has.
        best: the value whose runs have the best median of the objective, among those with enough runs (`eligible`), or
            all values whose runs are equal to these. Of a number with many values, the smallest and the largest in the
            best tenth of the runs. Empty if no value has a median, or if all values tie.
        median: that median, of the best tenth for a range; None if there is none.
        ranges: whether `best` is a range.
        importance: the share of the key's main effect in how the runs rank, as `Importance` has it.
    """

    key: str
    values: int
    best: tuple[Any, ...]
    median: float | None
    ranges: bool = False
    importance: float | None = None

    def best_text(self, spell: Callable[[Any], str] = text) -> str:
        """The best value for a reader: `0.1`, `adam or sgd`, `0.003 to 0.02`; empty if there is none."""
        return (" to " if self.ranges else " or ").join(map(spell, self.best))


def effects(
    table: Sequence[Row], keys: Sequence[str], objective: str, direction: str, importance: Importance | None
) -> tuple[Effect, ...]:
    """The effect of each swept key that has several values, in the order of the keys; seeds and folds have none.

    Args:
        table: the rows of the runs, best first.
        keys: the swept keys among their columns.
        objective, direction: what ranks the runs.
        importance: of the keys.
    """
    shares = {} if importance is None else importance.keys
    return tuple(_effect(table, key, objective, direction, shares.get(key)) for key in several_valued(table, keys))


def several_valued(table: Sequence[Row], keys: Sequence[str]) -> list[str]:
    """The swept keys that tell configurations apart and have several values."""
    return [key for key in varied_keys(keys) if len({text(row[key]) for row in table}) > 1]


def _effect(table: Sequence[Row], key: str, objective: str, direction: str, importance: float | None) -> Effect:
    groups: dict[str, list[Row]] = {}
    for row in table:
        if row[key] is not None:
            groups.setdefault(text(row[key]), []).append(row)
    values = [rows[0][key] for rows in groups.values()]
    if len(values) > MANY and all(map(is_number, values)):
        return _range(table, key, len(values), objective, direction, importance)
    found = [sorted(losses(rows, objective, direction)) for rows in groups.values()]
    bar = Bar.of([len(each) for each in found if math.isfinite(statistics.median(each))])
    usable = [
        (statistics.median(each), each, value)
        for each, value in zip(found, values, strict=True)
        if bar.clears(len(each)) and math.isfinite(statistics.median(each))
    ]
    if not usable:
        return Effect(key, len(values), (), None, importance=importance)
    least, runs = min((median, each) for median, each, _ in usable)
    best = sorted((value for median, each, value in usable if (median, each) == (least, runs)), key=by_size)
    median = abs(least) if direction == "maximize" else least
    return Effect(key, len(values), tuple(best) if len(best) < len(values) else (), median, importance=importance)


def _range(
    table: Sequence[Row], key: str, count: int, objective: str, direction: str, importance: float | None
) -> Effect:
    """The effect of a number with many values, most of which have one run, whose rank is luck."""
    having = [row for row in table if row[key] is not None]
    best = having[: max(BEST_LEAST, round(BEST_SHARE * len(having)))]
    median = statistics.median(losses(best, objective, direction))
    values = [row[key] for row in best]
    if math.isinf(median):
        return Effect(key, count, (), None, ranges=True, importance=importance)
    shown = abs(median) if direction == "maximize" else median
    return Effect(key, count, (min(values), max(values)), shown, ranges=True, importance=importance)
