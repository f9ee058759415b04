"""Numbers of which a network can learn: finite, and of one size."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.data.errors import DataError

LARGEST = float(np.finfo(np.float32).max)

DIGITS = 1e-4
"""Rounding matters if it moves a number by more than this share of the feature's standard deviation."""

RUIN = 1e-2
"""Rounding by more than this share spoils the training."""


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


def refuse_lost_digits(
    values: NDArray[Any], scale: NDArray[np.float64] | None, name: str, where: str, remedy: str
) -> bool:
    """Refuse numbers of more digits than the network could tell apart.

    Args:
        values: finite numbers `(rows, *features)` of the training part.
        scale: of `center_and_scale`; None if the numbers are not standardised.
        name: what messages call them.
        where: what messages call the data.
        remedy: what messages advise, for digits lost in float64.

    Returns:
        whether float32 would change the raw numbers by more than a ten-thousandth of their standard deviation.

    Raises:
        DataError: if digits are lost in float64, or in float32 and the numbers are not standardised.
    """
    found = center_and_scale(values)[1] if scale is None else scale
    varies = values.max(0) != values.min(0)
    if (lost := _lost_in_float64(values, found) & varies).any():
        what = "are too close to each other for their size: float64 does not hold enough digits"
        raise DataError(f"{where}: {_named(name, lost)} {what}; {remedy}")
    if scale is not None:
        return bool(_lost_in_float32(values, found, DIGITS).any())
    if (lost := _lost_in_float32(values, found, RUIN) & varies).any():
        what = f"{_named(name, lost)} of {where} are too close to each other for float32 to tell them apart"
        raise DataError(f"data.standardize=false: {what}; leave data.standardize out")
    return False


def _lost_in_float64(values: NDArray[Any], scale: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which features, or their means, float64 rounds by more than it matters, `(*features)`."""
    rounding = np.spacing(_largest(values)) / 2
    # Below 1 whole numbers are exact, and a mean that is a little off does no harm.
    return np.asarray(rounding > np.where(rounding >= 1, DIGITS, RUIN) * scale)


def _lost_in_float32(values: NDArray[Any], scale: NDArray[np.float64], share: float) -> NDArray[np.bool_]:
    """Which features float32 moves by more than a share of their scale, `(*features)`."""
    lost = np.array(np.spacing(_largest(values).astype(np.float32)) > share * scale)
    if lost.any():
        numbers = values[:, lost].astype(np.float64)
        lost[lost] = np.abs(numbers.astype(np.float32) - numbers).max(0) > share * scale[lost]
    return lost


def _largest(values: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(np.maximum(np.abs(values.max(0).astype(np.float64)), np.abs(values.min(0).astype(np.float64))))


def _named(name: str, features: NDArray[np.bool_]) -> str:
    """The numbers of the first of some features: `the numbers of column id`, `the numbers of x[:, 3]`."""
    place = "".join(f", {number}" for number in np.argwhere(features)[0]) if features.size > 1 else ""
    return f"the numbers of {name}" + (f"[:{place}]" if place else "")


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
