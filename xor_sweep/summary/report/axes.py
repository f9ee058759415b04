"""Parallel coordinates: an axis a swept key, one for the objective, and each run's place on them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from xor_sweep.summary.configurations import losses
from xor_sweep.summary.frame import Row, given, is_numeric, text
from xor_sweep.summary.labels import numbers
from xor_sweep.summary.ranking import sign_of
from xor_sweep.summary.scale import apart, aside, logarithmic
from xor_sweep.visible import visible

MOST_AXES = 12
"""Past so many keys lines say nothing; those that matter most are kept."""

TICKS = 8
"""Up to so many values each have a tick of their own."""

MOST_WORDS = 24
"""So many ticks of words have room."""

NOWHERE = -0.14
"""The place of runs without a value, below the axis."""

FIFTHS, INCOMPLETE = 5, 5
"""Runs have the colour of their fifth, from 0; those that did not complete have one of their own."""

LONGEST = 60
"""Characters of a tick's label."""


@dataclass(frozen=True)
class Axis:
    """An axis of parallel coordinates.

    Attributes:
        name: the key, or the objective.
        ticks: places from 0, the bottom, to 1, the top, with their labels.
        at: `(runs,)`, each run's place; `NOWHERE` for one without a value.
        log: whether places are by ratio.
    """

    name: str
    ticks: tuple[tuple[float, str], ...]
    at: tuple[float, ...]
    log: bool = False


def key_axis(key: str, table: Sequence[Row], rows: Sequence[Row]) -> Axis:
    """The axis of a swept key.

    Runs of few values are spread a little around them, such that their lines can be told apart.

    Args:
        key: the key.
        table: all rows, whose values decide what kind of axis it is.
        rows: those that are shown.
    """
    known = [row[key] for row in table if given(row[key])]
    log, missing = False, "none"
    if known and is_numeric(table, key):
        distinct = np.unique(np.array(known, dtype=np.float64))
        scale = _Scale(float(distinct[0]), float(distinct[-1]), log := logarithmic(distinct))
        ticks = scale.ticks(distinct.tolist())
        at = [scale.place(float(row[key])) if given(row[key]) else None for row in rows]
        missing = " or ".join(dict.fromkeys(text(row[key]) or missing for row in rows if not given(row[key])))
        few = distinct.size
    else:
        words = list(dict.fromkeys(text(row[key]) for row in table if row[key] is not None))
        few = len(words)
        place = {word: 0.5 if few == 1 else index / (few - 1) for index, word in enumerate(words)}
        every = few // MOST_WORDS + 1
        ticks = [(place[word], _label(word)) for word in words[::every]]
        at = [None if row[key] is None else place[text(row[key])] for row in rows]
    if few < len(rows) / 2:
        gaps = np.diff(np.unique([each for each in at if each is not None]))
        room = min(0.08, 0.5 * float(gaps.min())) if gaps.size else 0.08
        at = [each if each is None else each + by for each, by in zip(at, room * aside(len(rows)), strict=True)]
    return _axis(key, ticks, at, missing, log)


def objective_axis(objective: str, direction: str, table: Sequence[Row], rows: Sequence[Row]) -> Axis:
    """The objective's axis, with the best on top; runs that did not complete have no place on it."""
    sign = sign_of(direction)
    finite = [sign * loss for loss in losses(table, objective, direction) if math.isfinite(loss)]
    if not finite:
        return _axis(objective, [], [None] * len(rows), "not completed")
    log = direction == "minimize" and apart(min(finite), max(finite))
    scale = _Scale(min(finite), max(finite), log)
    values = [sign * loss if math.isfinite(loss) else None for loss in losses(rows, objective, direction)]

    def upwards(place: float) -> float:
        return 1 - place if direction == "minimize" else place

    ticks = [(upwards(place), label) for place, label in scale.ticks(sorted(set(finite)))]
    at = [None if value is None else upwards(scale.place(value)) for value in values]
    return _axis(objective, ticks, at, "not completed", log)


def colours(table: Sequence[Row], rows: Sequence[Row], places: Sequence[int]) -> list[int]:
    """Each shown run's fifth among those that completed, the best is 0; `INCOMPLETE` for the others.

    Args:
        table: all rows, best first.
        rows: those that are shown.
        places: theirs in the table.
    """
    completed = sum(row["status"] == "completed" for row in table)
    return [
        place * FIFTHS // completed if row["status"] == "completed" else INCOMPLETE
        for row, place in zip(rows, places, strict=True)
    ]


class _Scale:
    """From numbers to places.

    Args:
        low, high: the least and the largest.
        log: whether by ratio.
    """

    def __init__(self, low: float, high: float, log: bool) -> None:
        self._log = log
        self._low, self._high = self._on(low), self._on(high)

    def _on(self, value: float) -> float:
        return math.log10(value) if self._log else value

    def place(self, value: float) -> float:
        # Halves, for the difference of the largest numbers is none.
        span = self._high / 2 - self._low / 2
        return (self._on(value) / 2 - self._low / 2) / span if span > 0 else 0.5

    def ticks(self, values: Sequence[float]) -> list[tuple[float, str]]:
        """A tick a value where they are few and apart, otherwise at round numbers."""
        places = [self.place(value) for value in values]
        if len(values) > TICKS or any(b - a < 0.06 for a, b in pairwise(places)):
            values = (round_ratios if self._log else round_numbers)(self._low, self._high)
        return list(zip(map(self.place, values), numbers(values, 4), strict=True))


def round_numbers(low: float, high: float, most: int = 6) -> list[float]:
    """At most about so many round numbers from `low` to `high`, evenly apart; the two where there are fewer inside."""
    width = (high / 2 - low / 2) / most * 2
    if not 0 < width < math.inf:
        return [low, high][: 1 + (low < high)]
    power = 10.0 ** math.floor(math.log10(width))
    step = next((power * by for by in (1, 2, 5) if power * by >= width), 10 * power)
    first, last = math.ceil(low / step), math.floor(high / step)
    found = [number * step for number in range(first, min(last, first + 2 * most) + 1)]
    return found if len(found) > 1 else [low, high]


def round_ratios(low: float, high: float, most: int = 6) -> list[float]:
    """Powers of ten from `10**low` to `10**high`, at most about so many, and where there are few 2 and 5 times them.

    Round numbers evenly apart where even of those fewer than two are inside.
    """
    first, last = math.floor(low), math.ceil(high)
    every = -(-(last - first) // most)
    by = (1,) if high - low >= 3 else (1, 2, 5)
    found = [float(f"{each}e{power}") for power in range(first, last + 1, every) for each in by]
    inside = [value for value in found if low <= math.log10(value or 5e-324) <= high] if every else []
    return inside if len(inside) > 1 else round_numbers(10.0**low, 10.0**high)


def _axis(
    name: str, ticks: Sequence[tuple[float, str]], at: Sequence[float | None], missing: str, log: bool = False
) -> Axis:
    found = [(round(place, 4), label) for place, label in ticks]
    if None in at:
        found.append((NOWHERE, missing))
    return Axis(_label(name), tuple(found), tuple(NOWHERE if each is None else round(each, 4) for each in at), log)


def _label(words: str) -> str:
    words = visible(" ".join(words.split()))
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
