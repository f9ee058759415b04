"""The steps at which a run is recorded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class LogPoints:
    """Steps at which scalars and histograms are recorded: sorted, unique, each in 0..steps."""

    scalars: NDArray[np.int64]
    histograms: NDArray[np.int64]
