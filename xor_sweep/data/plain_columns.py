"""Columns of plain numbers, looked at all at once: a table may have tens of thousands of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from xor_sweep.data.date_text import FIRST_COMPACT
from xor_sweep.data.identifiers import FEW, LONG, NAMES
from xor_sweep.data.reading import NUMBER, Reading
from xor_sweep.data.rules import Rules

if TYPE_CHECKING:
    import pandas as pd


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
    missing, plain = _looked_at(frame[names].to_numpy(np.float64), [bool(NAMES.fullmatch(n.strip())) for n in names])
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
