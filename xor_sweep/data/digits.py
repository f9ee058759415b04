"""Numbers of more digits than a network, or the machine, can tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.data.columns import Column
from xor_sweep.data.doubts import command_line
from xor_sweep.data.errors import DataError
from xor_sweep.data.numbers import center_and_scale

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Which = NDArray[np.bool_]

DIGITS = 1e-4
"""Rounding matters if it moves a number by more than this share of the feature's standard deviation."""

RUIN = 1e-2
"""Rounding by more than this share spoils the training."""

CLOSE = "are too close to each other for their size: float64 does not hold enough digits"
SUBTRACT = "subtract a constant from them"


def refuse_lost_digits(values: NDArray[Any], scale: Floats | None, name: str, where: str, remedy: str) -> bool:
    """Refuse numbers that differ in digits which the network would not see.

    Args:
        values: finite numbers `(rows, *features)` of the training part.
        scale: of `center_and_scale`; None if the numbers are not standardised.
        name: what messages call them.
        where: what messages call the data.
        remedy: what messages advise if float64 loses digits.

    Returns:
        whether float32 changes the raw numbers of a standardised feature by more than it matters.

    Raises:
        DataError: if digits are lost in float64, or in float32 and the numbers are not standardised.
    """
    found = center_and_scale(values)[1] if scale is None else scale
    varies = np.asarray(values.max(0) != values.min(0))
    if (lost := _lost_in_float64(values, found) & varies).any():
        raise DataError(f"{where}: the numbers of {_named(name, lost)} {CLOSE}; {remedy}")
    if scale is not None:
        return bool(_lost_in_float32(values, found, DIGITS).any())
    if (lost := _lost_in_float32(values, found, RUIN) & varies).any():
        raise DataError(_unstandardised(_named(name, lost), where))
    return False


def columns_beyond_float32(frame: pd.DataFrame, columns: Sequence[Column], where: str) -> tuple[str, ...]:
    """Return the columns of numbers that float32 changes by more than it matters; the same for a table.

    Args:
        frame: raw rows of the training part.
        columns: how each column becomes features.
        where: what messages call the data.

    Raises:
        DataError: as `refuse_lost_digits`.
    """
    numbers = [column for column in columns if column.words is None and not column.part]
    if not numbers:
        return ()
    raw = frame[[column.name for column in numbers]]
    # All columns at once: a table may have thousands of them.
    values = raw.to_numpy(np.float64, na_value=np.nan)
    values = np.where(np.isnan(values), [column.fill or 0.0 for column in numbers], values)
    standardized = all(column.scale is not None for column in numbers)
    scale = np.array([column.scale for column in numbers]) if standardized else center_and_scale(values)[1]
    for place in np.flatnonzero(_lost_in_float64(values, scale)):
        name = numbers[place].name
        if raw[name].nunique() > 1:  # as read: integers of 17 digits may be equal as float64
            remedy = f"{SUBTRACT}, or use {command_line({'ignore': [name]})}"
            raise DataError(f"{where}: the numbers of column {name} {CLOSE}; {remedy}")
    if standardized:
        return tuple(numbers[place].name for place in np.flatnonzero(_lost_in_float32(values, scale, DIGITS)))
    for place in np.flatnonzero(_lost_in_float32(values, scale, RUIN)):
        if raw[numbers[place].name].nunique() > 1:
            raise DataError(_unstandardised(f"column {numbers[place].name}", where))
    return ()


def _unstandardised(name: str, where: str) -> str:
    what = f"the numbers of {name} of {where} are too close to each other for float32 to tell them apart"
    return f"data.standardize=false: {what}; leave data.standardize out"


def _lost_in_float64(values: NDArray[Any], scale: Floats) -> Which:
    """Which features, or their means, float64 rounds by more than it matters, `(*features)`."""
    rounding = np.spacing(_largest(values)) / 2
    # Below 1 whole numbers are exact, and a mean that is a little off does no harm.
    return np.asarray(rounding > np.where(rounding >= 1, DIGITS, RUIN) * scale)


def _lost_in_float32(values: NDArray[Any], scale: Floats, share: float) -> Which:
    """Which features float32 moves by more than a share of their scale, `(*features)`."""
    lost = np.array(np.spacing(_largest(values).astype(np.float32)) > share * scale)
    if lost.any():
        numbers = values[:, lost].astype(np.float64)
        lost[lost] = np.abs(numbers.astype(np.float32) - numbers).max(0) > share * scale[lost]
    return lost


def _largest(values: NDArray[Any]) -> Floats:
    return np.asarray(np.maximum(np.abs(values.max(0).astype(np.float64)), np.abs(values.min(0).astype(np.float64))))


def _named(name: str, features: Which) -> str:
    """The first of some features: `the target y`, `x[:, 3]`."""
    place = "".join(f", {number}" for number in np.argwhere(features)[0]) if features.size > 1 else ""
    return name + (f"[:{place}]" if place else "")
