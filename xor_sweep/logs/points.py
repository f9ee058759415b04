"""The steps at which a run is recorded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class LogPoints:
    """Steps at which a run is recorded: sorted, unique, each in 0..steps.

    Attributes:
        scalars: of the part that ranks runs.
        of_train: some of them, for the scalars of the training part where another one ranks runs.
        histograms: of weights and activations.
    """

    scalars: NDArray[np.int64]
    of_train: NDArray[np.int64]
    histograms: NDArray[np.int64]
