"""Numbers of which a network can learn: finite, and of one size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.data.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

LARGEST = float(np.finfo(np.float32).max)


def number_marks(texts: Sequence[str]) -> NDArray[np.float64]:
    """The numbers among texts that stand for missing values, `(texts,)`; NaN for one that is none."""
    return np.array([_number(text) for text in texts], np.float64)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def as_numbers(values: pd.Series[Any]) -> NDArray[np.float64]:
    """A column of numbers as float64, NaN if one is missing, and infinite if it is an integer of hundreds of digits."""
    try:
        return values.to_numpy(dtype=np.float64, na_value=np.nan)
    except OverflowError:
        return np.array([_float(value) for value in values.to_numpy(object, na_value=np.nan)], np.float64)


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return -math.inf if value < 0 else math.inf


def center_and_scale(values: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean and the standard deviation of each feature over the rows, `(*features)`, in float64.

    A constant feature has the scale 1. Fractions that differ by rounding only count as constant, as in scikit-learn's
    StandardScaler, because their noise would be scaled up to size 1. Whole numbers have no such noise.
    """
    # Differences to the first row are exact if the numbers are close to each other, and so are their mean and spread.
    first = values[0].astype(np.float64)
    rest = values.astype(np.float64)
    rest -= first
    mean, scale = np.asarray(first + rest.mean(0)), np.array(rest.std(0))
    noise = np.array(scale <= len(values) * np.finfo(np.float64).eps * np.abs(mean))
    if noise.any():
        fractions = (values[:, noise] != np.trunc(values[:, noise])).any(0)
        noise[noise] = fractions | (scale[noise] == 0)
        scale[noise] = 1
    return mean, scale


def refuse_infinite(values: NDArray[Any], name: str, where: str) -> None:
    """Refuse what float32 cannot hold; NaN passes.

    Args:
        values: `(rows, ...)`.
        name: what messages call them.
        where: what messages call the data.

    Raises:
        DataError: where a value is infinite or too large.
    """
    if values.dtype.kind != "f":
        return
    # Python's number would be rounded to the narrower type, and so to infinity in float16.
    bad = np.argwhere(np.isinf(values) if values.itemsize <= 4 else np.abs(values) > LARGEST)
    if len(bad):
        value = values[tuple(bad[0])]
        what = f"{name} is {value} in row {bad[0][0]} (counted from 0)"
        raise DataError(f"{where}: {what}; it has to be a finite number that float32 can hold")


def refuse_missing(values: NDArray[Any], name: str, where: str) -> None:
    """Raise DataError where a value is NaN."""
    if values.dtype.kind != "f":
        return
    bad = np.argwhere(np.isnan(values))
    if len(bad):
        place = ", ".join(map(str, bad[0]))
        rest = f", and {len(bad) - 1} more are" if len(bad) > 1 else ""
        raise DataError(f"{where}: {name}[{place}] is NaN{rest}; fill such values in, or leave their rows out")
