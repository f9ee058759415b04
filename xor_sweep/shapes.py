"""What planning needs to know of data: its shapes, and what a target holds."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from xor_sweep.data import Dataset
from xor_sweep.structure import DataShape


def shape_of(data: Dataset) -> DataShape:
    """The shapes and kinds of a data set."""
    return DataShape(
        inputs=data.input_shape,
        whole=data.train.x.dtype == np.int32,
        task=data.task,
        outputs=data.outputs,
        train=len(data.train.x),
        validation=0 if data.validation is None else len(data.validation.x),
        truth_table=data.spec.truth_table,
    )


def extremes(data: Dataset) -> NDArray[Any]:
    """The points of the training part that hold the smallest and largest value of each feature, `(points, …)`."""
    x = data.train.x
    flat = x.reshape(len(x), -1)
    points: NDArray[Any] = x[np.unique(np.concatenate([flat.argmin(0), flat.argmax(0)]))]
    return points


class TargetRange(NamedTuple):
    """What a target holds, over the parts that are learnt and ranked.

    Attributes:
        low: the smallest value.
        has_zero: whether a value is 0.
    """

    low: float
    has_zero: bool


@lru_cache(maxsize=8)
def target_range(data: Dataset) -> TargetRange:
    """What a regression's target holds; float32 is as exact as it is, so that a value near 0 counts as 0."""
    parts = [part.y for part in (data.train, data.validation, data.test) if part is not None]
    values = data.preprocessing.in_units(np.concatenate(parts))
    rounding = np.abs(values).max(0) * np.finfo(np.float32).eps  # of each column, which may be of other sizes
    values = np.where(np.abs(values) <= rounding, 0.0, values)
    return TargetRange(float(values.min()), bool((values == 0).any()))
