"""Columns of plain numbers, looked at all at once: a table may have tens of thousands of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from xor_sweep.data.date_text import FIRST_COMPACT
from xor_sweep.data.identifiers import FEW, LONG, may_number
from xor_sweep.data.numbers import number_marks
from xor_sweep.data.reading import NUMBER, Reading
from xor_sweep.data.rules import Rules

if TYPE_CHECKING:
    import pandas as pd

TINY = 1e-12
"""How far a parsed decimal may lie from the one that was written, as a share of it."""


def plain_columns(frame: pd.DataFrame, rules: Rules) -> dict[str, Reading]:
    """Return how those columns are read that are plain numbers at first sight.

    They are int64 or float64, no key is about them, they are not the same in every row, and they are certainly no
    index, no identifiers and no dates such as 20240131. Any other column needs a closer look.
    """
    keyed = {*rules.ignore, *rules.kinds, *rules.orders}
    kinds = zip(frame.columns, frame.dtypes, strict=True)
    names = [name for name, kind in kinds if kind in (np.int64, np.float64) and name not in keyed]
    if not names or not len(frame):
        return {}
    values = frame[names].to_numpy(np.float64)
    missing, plain = _looked_at(values, [may_number(name) for name in names])
    if rules.na_values:
        plain &= ~np.isin(values, number_marks(rules.na_values)).any(0)
    return {
        name: Reading(name, NUMBER, rows=len(frame), missing=int(count))
        for name, count, is_plain in zip(names, missing, plain, strict=True)
        if is_plain
    }


def _looked_at(values: NDArray[np.float64], named: list[bool]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """By column, how many values are missing, and whether the others are plain numbers."""
    missing = np.isnan(values)
    least = np.where(missing, np.inf, values).min(0)
    varies = least < np.where(missing, -np.inf, values).max(0)
    with np.errstate(invalid="ignore"):  # infinite values have no remainder, and are refused later
        fractions = (~missing & (values % 1 != 0)).any(0)
        rises = (values[1:] > values[:-1]).all(0)
    numbers_rows = rises | (np.abs(values) >= LONG).all(0) | np.array(named)
    measures = (least < FIRST_COMPACT) & ~missing.any(0) & ((len(values) <= FEW) | ~numbers_rows)
    return missing.sum(0), varies & (fractions | measures)


def whole_columns(frame: pd.DataFrame) -> list[str]:
    """Return the columns whose numbers are all whole."""
    kinds = dict(zip(frame.columns, frame.dtypes, strict=True))
    integers = [name for name, kind in kinds.items() if kind.kind in "iu"]
    floats = [name for name, kind in kinds.items() if kind.kind == "f"]
    values = frame[floats].to_numpy(np.float64)
    with np.errstate(invalid="ignore"):
        whole = (np.isnan(values) | (values % 1 == 0)).all(0)
    found = {*integers, *(name for name, is_whole in zip(floats, whole, strict=True) if is_whole)}
    return [name for name in frame.columns if name in found]


def thousands_columns(frame: pd.DataFrame) -> list[str]:
    """Return the columns of fractions if each may be a whole number with points between thousands, as in `1.200`.

    Every fraction of the frame is at least 1 and below 1000, with three decimals at most. One that is not tells that
    the point is a decimal mark, and none is returned.
    """
    found = [name for name, kind in zip(frame.columns, frame.dtypes, strict=True) if kind.kind == "f"]
    values = frame[found].to_numpy(np.float64)
    with np.errstate(invalid="ignore"):
        fractions = values % 1 != 0
    fractions &= ~np.isnan(values)
    size = np.abs(values[fractions])
    if not size.size or size.min() < 1 or size.max() >= 1000 or (np.abs(np.round(size, 3) - size) > TINY * size).any():
        return []
    return [name for name, has in zip(found, fractions.any(0), strict=True) if has]
