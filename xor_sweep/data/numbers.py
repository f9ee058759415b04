"""Numbers of which a network can learn: finite, and of one size."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.data.errors import DataError

LARGEST = float(np.finfo(np.float32).max)


def center_and_scale(values: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean and the deviation of each feature over the rows, `(*features)`.

    A constant feature has the scale 1. What rounding leaves of one counts as constant, as in scikit-learn's
    StandardScaler, or the noise of the last digits would be blown up to size 1.
    """
    # Not float32: a time in seconds with a deviation of 10 would get its mean wrong by more than that.
    numbers = values.astype(np.float64)
    mean, scale = numbers.mean(0), numbers.std(0)
    rounding = len(numbers) * np.finfo(np.float64).eps * np.abs(mean)
    return np.asarray(mean), np.where(scale <= rounding, 1.0, scale)


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
