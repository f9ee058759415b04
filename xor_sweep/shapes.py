"""What planning needs to know of data: its shapes."""

from __future__ import annotations

import numpy as np

from xor_sweep.data import Dataset
from xor_sweep.plan import DataShape


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
