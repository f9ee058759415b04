"""What planning needs to know of data: its shapes."""

from __future__ import annotations

from typing import Any

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
